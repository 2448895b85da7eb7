import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { withoutSettings } from "../calls/call-settings.ts";
import type { AnyModel } from "../models/model-name.ts";

/** Under which Mastra keeps with its messages when they were made, and more that no provider gets. */
const OF_MASTRA = "mastra";

/** Everything that an answer of a model depends on, as one text. */
export function askedContent({ provider, modelId }: AnyModel, options: LanguageModelV4CallOptions): string {
  const { abortSignal: _, headers: __, includeRawChunks: ___, ...asked } = withoutSettings(options);
  return JSON.stringify([provider, modelId, asked], (key, value: unknown) => {
    if (key === "providerOptions") return providersOwn(value);
    return value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : value;
  });
}

function providersOwn(options: unknown): unknown {
  if (typeof options !== "object" || options === null || !(OF_MASTRA in options)) return options;
  const { [OF_MASTRA]: _, ...own } = options;
  return Object.keys(own).length === 0 ? undefined : own;
}
