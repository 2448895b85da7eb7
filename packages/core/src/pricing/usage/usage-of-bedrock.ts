import { feesOf, fieldsOf, listOf, sumOf, usageFrom } from "./usage-of-response-fields.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";

/** Under which Bedrock adds what it counted to the native answer of a model that was invoked. */
const METRICS = "amazon-bedrock-invocationMetrics";

/** Bedrock's Converse: tokens of the cache stand outside the input. It does not name its model. */
export function readBedrock(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage"]);
  if (!usage || !("inputTokens" in usage)) return undefined;
  const isTold = ["stopReason", "metrics"].some((name) => name in response);
  const hasCache = ["cacheReadInputTokens", "cacheReadInputTokenCount"].some((name) => name in usage);
  if (!isTold && !hasCache) return undefined;
  const hourly = listOf(usage["cacheDetails"]).filter(({ ttl }) => ttl === "1h");
  return {
    usage: usageOfCounts({
      input: usage["inputTokens"],
      output: usage["outputTokens"],
      cached: usage["cacheReadInputTokens"] ?? usage["cacheReadInputTokenCount"],
      written: usage["cacheWriteInputTokens"] ?? usage["cacheWriteInputTokenCount"],
      forAnHour: sumOf(...hourly.map(({ inputTokens }) => inputTokens)),
      fees: feesOf({ ...fieldsOf(usage["serverToolUsage"]) }),
    }),
    serviceTier: fieldsOf(response["serviceTier"])?.["type"],
  };
}

/** A model's own answer to InvokeModel: what Bedrock counted, or the words of Llama and Titan. */
export function readInvokedModel(response: Fields): Reading | undefined {
  const metrics = fieldsOf(response[METRICS]);
  if (metrics && "inputTokenCount" in metrics) {
    return {
      usage: usageOfCounts({
        input: metrics["inputTokenCount"],
        output: metrics["outputTokenCount"],
        cached: metrics["cacheReadInputTokenCount"],
        written: metrics["cacheWriteInputTokenCount"],
      }),
    };
  }
  if ("prompt_token_count" in response && "generation_token_count" in response) {
    const { prompt_token_count: input, generation_token_count: output } = response;
    return { usage: usageFrom({ input, output }) };
  }
  if (!("inputTextTokenCount" in response)) return undefined;
  const output = sumOf(...listOf(response["results"]).map(({ tokenCount }) => tokenCount));
  return { usage: usageFrom({ input: response["inputTextTokenCount"], output }) };
}

function usageOfCounts(counts: {
  readonly input: unknown;
  readonly output: unknown;
  readonly cached: unknown;
  readonly written: unknown;
  readonly forAnHour?: number;
  readonly fees?: ReturnType<typeof feesOf>;
}): unknown {
  const { input, output, cached, written, forAnHour, fees = [] } = counts;
  return usageFrom({
    input: sumOf(input, cached, written),
    cached,
    written,
    writtenForAnHour: forAnHour,
    output,
    fees,
  });
}
