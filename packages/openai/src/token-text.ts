import { widestJson } from "@wflo/core";
import type { Body } from "./native-request.ts";

/** Fields that bring no tokens, or whose tokens stand elsewhere: whether they are sent or not is nothing to the bound. */
const NO_TOKENS = new Set([
  "model",
  "stream",
  "stream_options",
  "temperature",
  "top_p",
  "seed",
  "stop",
  "n",
  "best_of",
  "user",
  "safety_identifier",
  "metadata",
  "store",
  "background",
  "service_tier",
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "max_tool_calls",
  "logprobs",
  "top_logprobs",
  "logit_bias",
  "presence_penalty",
  "frequency_penalty",
  "parallel_tool_calls",
  "include",
  "truncation",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
  "previous_response_id",
]);

/** The fields of a body that cost input tokens, as one text; without those in `but`, which are read by themselves. */
export function tokenText(fields: Body, ...but: readonly string[]): string {
  const kept = Object.entries(fields).filter(([name]) => !NO_TOKENS.has(name) && !but.includes(name));
  return widestJson(Object.fromEntries(kept)) ?? "";
}
