import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { withoutSettings } from "../calls/call-settings.ts";
import type { AnyModel } from "../models/model-name.ts";

/** Everything that an answer of a model depends on, as one text. */
export function askedContent({ provider, modelId }: AnyModel, options: LanguageModelV4CallOptions): string {
  const { abortSignal: _, headers: __, includeRawChunks: ___, ...asked } = withoutSettings(options);
  return JSON.stringify([provider, modelId, asked], (____, value: unknown) =>
    value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : value,
  );
}
