import { flatUsage } from "./usage-of-response-ai-sdk.ts";
import { usageOfAnthropic } from "./usage-of-response-anthropic.ts";
import { groundings } from "./usage-of-gemini.ts";
import { hostedToolFees } from "./usage-of-openai-tools.ts";
import {
  feesOf,
  fieldsOf,
  listOf,
  makesMedia,
  sumOf,
  usageFrom,
  wholeOutput,
} from "./usage-of-response-fields.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";
import { sumOfUsages } from "./usage-of-response-sum.ts";

/** What only Anthropic's own usage has. */
const ANTHROPIC = ["cache_read_input_tokens", "server_tool_use", "speed", "inference_geo"];

/** LangChain: `usage_metadata` of a message, or what Anthropic itself reported, or the older `tokenUsage`. */
export function readLangChain(response: Fields): Reading | undefined {
  const about = fieldsOf(response["response_metadata"]);
  const usage = fieldsOf(response["usage_metadata"]);
  const older = fieldsOf(about?.["tokenUsage"]) ?? fieldsOf(fieldsOf(response["llmOutput"])?.["tokenUsage"]);
  const rest = {
    model: about?.["model_name"] ?? about?.["model"],
    serviceTier: about?.["service_tier"],
  };
  if (usage && "input_tokens" in usage) {
    const counted = usageOfMessage(usage, about);
    return { usage: sumOfUsages([counted, toolsOfMessage(response, about)]), ...rest };
  }
  if (older && "promptTokens" in older) return { usage: flatUsage(older), ...rest };
  return undefined;
}

/** Tools that the provider ran, where LangChain keeps them: Gemini's grounding, the items of OpenAI's Responses. */
function toolsOfMessage(response: Fields, about: Fields | undefined): unknown {
  const kept = fieldsOf(response["additional_kwargs"]);
  const output = [...listOf(kept?.["tool_outputs"]), ...listOf(about?.["output"])];
  const { google_search, google_maps } = groundings({ candidates: [about ?? {}] });
  const fees = [
    ...hostedToolFees({ output, tools: about?.["tools"] }, false),
    ...feesOf({ google_search, google_maps }),
  ];
  return { inputTokens: 0, outputTokens: 0, ...(fees.length > 0 ? { fees } : {}) };
}

function usageOfMessage(usage: Fields, about: Fields | undefined): unknown {
  const input = fieldsOf(usage["input_token_details"]);
  const output = fieldsOf(usage["output_token_details"]);
  const tier = typeof about?.["service_tier"] === "string" ? about["service_tier"] : "";
  // Some versions put the tier that served it before the names.
  const of = (details: Fields | undefined, name: string) => details?.[name] ?? details?.[`${tier}_${name}`];
  const cached = of(input, "cache_read");
  const forAnHour = input?.["ephemeral_1h_input_tokens"];
  const lifetimes = sumOf(input?.["ephemeral_5m_input_tokens"], forAnHour);
  const written = lifetimes > 0 ? lifetimes : of(input, "cache_creation");
  const raw = fieldsOf(about?.["usage"]);
  // The pieces of a stream are put together wrongly in it: then the two do not agree.
  const isWhole = raw && "input_tokens" in raw && raw["output_tokens"] === usage["output_tokens"];
  const isAnthropic =
    isWhole && (ANTHROPIC.some((name) => name in raw) || about?.["model_provider"] === "anthropic");
  if (isAnthropic) return usageOfAnthropic(raw, about?.["model"]);
  // Some versions leave the cache out of the input, others do not, and no total tells which.
  if (sumOf(cached, written) !== 0 && lifetimes === 0 && mayBeAnthropic(about)) return undefined;
  const outputTokens = wholeOutput(usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]);
  return usageFrom({
    input: usage["input_tokens"],
    cached,
    written,
    writtenForAnHour: forAnHour,
    inputAudio: input?.["audio"],
    output: outputTokens,
    reasoning: of(output, "reasoning"),
    outputAudio: output?.["audio"],
    isMedia: makesMedia(about?.["model_name"] ?? about?.["model"]),
  });
}

function mayBeAnthropic(about: Fields | undefined): boolean {
  const fields = [about?.["model_provider"], about?.["model_name"], about?.["model"], about?.["modelId"]];
  const names = fields.filter((name) => typeof name === "string");
  return names.length === 0 || names.some((name) => /anthropic|claude|bedrock/i.test(name));
}

/** OpenAI's agents: the usage of a run, or of one response of a model. */
export function readOpenAIAgents(response: Fields): Reading | undefined {
  const state = fieldsOf(response["state"]);
  const context = fieldsOf(response["runContext"]) ?? fieldsOf(state?.["_context"]);
  const responses = listOf(response["rawResponses"]);
  // Each response by itself tells most: its length, and the tools that ran for it.
  const each = responses.map((one) =>
    sumOfUsages([usageOfAgents(fieldsOf(one["usage"]) ?? {}), toolsOfAgents(one["output"])]),
  );
  if (each.length > 0) return { usage: sumOfUsages(each) };
  for (const usage of [state?.["usage"], context?.["usage"], response["usage"]]) {
    const counts = fieldsOf(usage);
    if (!counts || !("inputTokensDetails" in counts)) continue;
    const isUnsplit = typeof counts["requests"] === "number" && counts["requests"] > 1;
    return { usage: usageOfAgents(counts, isUnsplit) };
  }
  return undefined;
}

/** Calls of hosted tools in the words of the agents SDK. */
function toolsOfAgents(items: unknown): unknown {
  const output = listOf(items)
    .filter(({ type }) => type === "hosted_tool_call")
    .map(({ name, providerData }) => ({ ...fieldsOf(providerData), type: name }));
  const fees = hostedToolFees({ output }, false);
  return { inputTokens: 0, outputTokens: 0, ...(fees.length > 0 ? { fees } : {}) };
}

function usageOfAgents(usage: Fields, isUnsplit = false): unknown {
  const details = (list: unknown, name: string) =>
    sumOf(...(Array.isArray(list) ? listOf(list) : [fieldsOf(list) ?? {}]).map((detail) => detail[name]));
  return usageFrom({
    input: usage["inputTokens"],
    cached: details(usage["inputTokensDetails"], "cached_tokens"),
    written: details(usage["inputTokensDetails"], "cache_write_tokens"),
    output: wholeOutput(usage["inputTokens"], usage["outputTokens"], usage["totalTokens"]),
    reasoning: details(usage["outputTokensDetails"], "reasoning_tokens"),
    isUnsplit,
  });
}
