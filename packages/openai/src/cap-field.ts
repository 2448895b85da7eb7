import type { PricedApi } from "./endpoint.ts";
import type { Body } from "./native-request.ts";

/** The field that caps the output of a request. */
export type CapField = "max_completion_tokens" | "max_tokens" | "max_output_tokens";

/** The fields that each kind of request has for it; others pass unread at the provider. */
function capFieldsOf(api: PricedApi): readonly CapField[] {
  switch (api) {
    case "chat":
      return ["max_completion_tokens", "max_tokens"];
    case "responses":
      return ["max_output_tokens"];
    case "completions":
      return ["max_tokens"];
    default:
      return [];
  }
}

/** The cap fields that a request has, whatever they say. */
export function writtenCapFields(api: PricedApi, body: Body): readonly CapField[] {
  return capFieldsOf(api).filter((field) => body[field] != null);
}

/** Where a cap is written: the field the caller uses, else the one this endpoint takes. */
export function capFieldOf(api: PricedApi, provider: string, body: Body): CapField {
  const [written] = writtenCapFields(api, body);
  if (written !== undefined) return written;
  if (api === "responses") return "max_output_tokens";
  const isOpenAI = provider === "openai" || provider === "azure";
  return api === "chat" && isOpenAI ? "max_completion_tokens" : "max_tokens";
}
