import type { GuardRequest } from "@wflo/core";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { nameOf, type AnyModel } from "../models/model-name.ts";
import { askedSettings } from "./asked-settings.ts";
import { promptParts } from "./prompt-parts.ts";

/** What the door is told of a call of a language model. */
export function languageCall(
  model: AnyModel,
  options: LanguageModelV4CallOptions,
  provider?: string,
): GuardRequest {
  const name = nameOf(model, provider);
  const { parts, ...settings } = askedSettings(model, options, name);
  const [first, ...work] = parts;
  const read = [first ?? "", ...promptParts(options.prompt)];
  return { ...name, ...settings, parts: [...read, ...work] };
}
