import { modelThinks, widestJson, type GuardRequest, type RequestPart } from "@wflo/core";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { AnyModel, ModelName } from "../models/model-name.ts";
import { askedWork } from "./asked-work.ts";
import { isFields, type Fields } from "./fields.ts";

/** Settings of a tier, a speed and a place that cost the list price. */
const PLAIN = new Set<unknown>(["auto", "default", "standard", "standard_only", "global"]);
const EFFORTS_OFF = new Set<unknown>(["none", "disabled", false, 0]);

/** What a call asks for beside its prompt. */
export type AskedSettings = Pick<
  GuardRequest,
  "parts" | "follows" | "maxOutputTokens" | "canCap" | "reasoning" | "serviceTier" | "modifiers"
>;

/** Reads everything of a call but its prompt. `parts` are its settings as one text, and what nothing in it bounds. */
export function askedSettings(
  { provider }: AnyModel,
  options: LanguageModelV4CallOptions,
  name: ModelName,
): AskedSettings {
  const byProvider = Object.values(options.providerOptions ?? {}).filter(isFields);
  const all = (field: string) => byProvider.map((given) => given[field]).filter((value) => value != null);
  const budget = thinkingBudget(options, byProvider, name);
  return {
    parts: [settingsPart(options), ...askedWork(options, byProvider)],
    follows: [...all("previousResponseId"), ...all("thread").map(threadGoneOn)].find(isText),
    maxOutputTokens: askedCap(options, completionCaps(provider, options), budget),
    // Some providers add what is to be thought to the cap, others want the cap above it.
    canCap: budget === undefined,
    reasoning: asksToThink(options, byProvider) ? true : modelThinks(name.provider, name.model),
    serviceTier: dearestTier(byProvider),
    modifiers: askedModifiers(byProvider),
  };
}

/** The options with an output cap in every place where one may stand; in only one of those of which the model wants no two. */
export function withCap(
  { provider }: AnyModel,
  options: LanguageModelV4CallOptions,
  maxOutputTokens: number | undefined,
): LanguageModelV4CallOptions {
  if (maxOutputTokens === undefined) return options;
  const capped = Object.entries(options.providerOptions ?? {}).flatMap(([name, given]) => {
    const { maxCompletionTokens: asked } = given;
    if (typeof asked !== "number") return [];
    return [[name, { ...given, maxCompletionTokens: Math.min(asked, maxOutputTokens) }] as const];
  });
  if (capped.length === 0) return { ...options, maxOutputTokens };
  const providerOptions = { ...options.providerOptions, ...Object.fromEntries(capped) };
  const isRead = capped.some(([name]) => readsCompletionCap(provider, name));
  if (isRead && options.maxOutputTokens === undefined) return { ...options, providerOptions };
  return { ...options, maxOutputTokens, providerOptions };
}

/** Chat models of OpenAI's refuse a request with `max_tokens` and `max_completion_tokens` (400, langchain-ai/langgraph#5943). */
function readsCompletionCap(provider: string, name: string): boolean {
  if (provider === "openai.chat") return name === "openai";
  return /azure.*\.chat$/.test(provider) && (name === "openai" || name === "azure");
}

function settingsPart({ tools, responseFormat, providerOptions }: LanguageModelV4CallOptions): RequestPart {
  try {
    return widestJson({ tools, responseFormat, providerOptions }) ?? "";
  } catch {
    return { kind: "opaque", what: "settings that cannot be written as JSON" };
  }
}

/** What a model reads as its output cap beside `maxOutputTokens`; of others, such as those of the Responses API, it is none. */
function completionCaps(provider: string, { providerOptions = {} }: LanguageModelV4CallOptions): unknown[] {
  const read = Object.entries(providerOptions).filter(([name]) => readsCompletionCap(provider, name));
  return read.map(([, given]) => given["maxCompletionTokens"]);
}

/** The largest where a request has several caps; with what is to be thought on top of it. */
function askedCap(
  { maxOutputTokens }: LanguageModelV4CallOptions,
  maxCompletionTokens: readonly unknown[],
  budget: number | "unknown" | undefined,
): number | undefined {
  const caps = [maxOutputTokens, ...maxCompletionTokens].filter((cap) => isCount(cap));
  if (caps.length === 0 || budget === "unknown") return undefined;
  return Math.max(...caps) + (budget ?? 0);
}

/** How long a model of Anthropic's is to think beside its output cap; "unknown" where it makes that out itself. */
function thinkingBudget(
  { reasoning }: LanguageModelV4CallOptions,
  byProvider: readonly Fields[],
  { provider, model }: ModelName,
): number | "unknown" | undefined {
  const budgets = byProvider.flatMap(({ thinking, reasoningConfig }) =>
    [thinking, reasoningConfig].filter(isFields).flatMap((config): (number | "unknown")[] => {
      if (EFFORTS_OFF.has(config["type"])) return [];
      const { budgetTokens } = config;
      if (isCount(budgetTokens)) return [budgetTokens];
      return config["type"] === "enabled" ? ["unknown"] : [];
    }),
  );
  if (budgets.includes("unknown")) return "unknown";
  if (budgets.length > 0) return Math.max(...budgets.filter(isCount));
  const isAnthropic = /anthropic|claude/.test(`${provider} ${model}`);
  return isAnthropic && isEffort(reasoning) ? "unknown" : undefined;
}

/** The tier that a request may be billed at. */
function dearestTier(byProvider: readonly Fields[]): string | undefined {
  const tiers = byProvider.map(({ serviceTier }) => (PLAIN.has(serviceTier) ? undefined : serviceTier));
  const asked = tiers.filter(isText);
  return asked.find((tier) => tier !== "flex") ?? asked[0];
}

/** A speed and a place of inference that change the price. */
function askedModifiers(byProvider: readonly Fields[]): readonly string[] {
  return byProvider.flatMap(({ speed, inferenceGeo }) => [
    ...(isText(speed) && !PLAIN.has(speed) ? [`speed:${speed}`] : []),
    ...(isText(inferenceGeo) && !PLAIN.has(inferenceGeo) ? [`inference_geo:${inferenceGeo}`] : []),
  ]);
}

/** The answer that a conversation kept by Anthropic goes on from. */
function threadGoneOn(thread: unknown): unknown {
  return isFields(thread) ? thread["previousMessageId"] : undefined;
}

function asksToThink({ reasoning }: LanguageModelV4CallOptions, byProvider: readonly Fields[]): boolean {
  if (isEffort(reasoning)) return true;
  return byProvider.some((given) => {
    const { thinking, reasoningConfig, thinkingConfig, reasoningEffort } = given;
    const configs = [thinking, reasoningConfig, thinkingConfig].filter(isFields);
    const isOn = configs.some((config) => !Object.values(config).some((value) => EFFORTS_OFF.has(value)));
    return isOn || (reasoningEffort != null && !EFFORTS_OFF.has(reasoningEffort));
  });
}

function isEffort(reasoning: LanguageModelV4CallOptions["reasoning"]): boolean {
  return reasoning !== undefined && reasoning !== "none" && reasoning !== "provider-default";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
