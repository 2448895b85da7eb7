import type { Usage } from "./usage.ts";
import { feesOf, fieldsOf, listOf, sumOf, usageFrom, type Fields } from "./usage-of-response-fields.ts";
import { sumOfUsages } from "./usage-of-response-sum.ts";

/**
 * The usage of an Anthropic message. Its `input_tokens` leave the cache out. Where it has iterations (compaction), they are
 * what is billed. Writes for an hour are part of the writes and named as the fee `cacheWrite1h`; a premium that multiplies the
 * price is a fee of its own, without a price here, so that such a cost is a lower bound.
 */
export function usageOfAnthropic(usage: Fields, model: unknown): unknown {
  const iterations = listOf(usage["iterations"]);
  const isOneModel = iterations.every((part) => part["model"] === undefined || part["model"] === model);
  if (!isOneModel) return undefined;
  const parts = iterations.length > 0 ? iterations.map((part) => tokensOf(part)) : [tokensOf(usage)];
  return sumOfUsages([...parts, { inputTokens: 0, outputTokens: 0, fees: feesOfMessage(usage) }]);
}

function tokensOf(usage: Fields): unknown {
  const cached = usage["cache_read_input_tokens"];
  const written = usage["cache_creation_input_tokens"];
  return usageFrom({
    input: sumOf(usage["input_tokens"], cached, written),
    cached,
    written,
    output: usage["output_tokens"],
    reasoning: fieldsOf(usage["output_tokens_details"])?.["thinking_tokens"],
    fees: feesOf({ cacheWrite1h: fieldsOf(usage["cache_creation"])?.["ephemeral_1h_input_tokens"] }),
  });
}

/** Where inference runs for no premium. */
const ANYWHERE = new Set([undefined, null, "", "global", "not_available"]);
const ORDINARY_SPEED = new Set([undefined, null, "standard"]);

function feesOfMessage(usage: Fields): NonNullable<Usage["fees"]> {
  const tools = Object.entries(fieldsOf(usage["server_tool_use"]) ?? {});
  // What is fetched is paid as input.
  const paid = tools.filter(([name]) => name !== "web_fetch_requests");
  return feesOf({
    ...Object.fromEntries(paid.map(([name, count]) => [name.replace(/_requests$/, ""), count])),
    inference_geo: ANYWHERE.has(usage["inference_geo"] as string) ? 0 : 1,
    speed: ORDINARY_SPEED.has(usage["speed"] as string) ? 0 : 1,
    fallback_credit: usage["fallback_credit"] ? 1 : 0,
  });
}
