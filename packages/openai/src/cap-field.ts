import type { PricedApi } from "./endpoint.ts";
import type { Body } from "./native-request.ts";

/** The field that caps the output of a request. */
export type CapField = "max_completion_tokens" | "max_tokens" | "max_output_tokens";

/** Where a cap is written: the field the caller uses, else the one this endpoint takes. */
export function capFieldOf(api: PricedApi, provider: string, body: Body): CapField {
  if (api === "responses") return "max_output_tokens";
  if (api === "completions") return "max_tokens";
  if (body["max_completion_tokens"] != null) return "max_completion_tokens";
  if (body["max_tokens"] != null) return "max_tokens";
  return provider === "openai" || provider === "azure" ? "max_completion_tokens" : "max_tokens";
}
