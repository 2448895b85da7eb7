import { isOpenAIImage, usageOfOpenAIImage, usageOfOpenAITranscription } from "./usage-of-openai-media.ts";
import { hostedToolFees, imagesMade } from "./usage-of-openai-tools.ts";
import {
  feesOf,
  fieldsOf,
  listOf,
  makesMedia,
  picoUsdOf,
  sumOf,
  usageFrom,
} from "./usage-of-response-fields.ts";
import type { Fields, ReadCounts } from "./usage-of-response-fields.ts";
import { isUsage, type Usage } from "./usage.ts";

/**
 * The usage of a Chat Completions answer (or an embedding): the response object, or the last chunk of a
 * stream made with `stream_options.include_usage`. Undefined when there is none or it is not made of valid
 * counts, which is not zero. Also reads what compatible providers add: xAI's and Gemini's thoughts outside
 * the completion, the caches of DeepSeek, Mistral, Moonshot and of LiteLLM, what Perplexity searched.
 */
export function usageOfOpenAIChat(body: unknown): Usage | undefined {
  const usage = chatUsageIn(fieldsOf(body) ?? {});
  if (!usage) return undefined;
  const input = fieldsOf(usage["prompt_tokens_details"] ?? usage["prompt_token_details"]);
  const output = fieldsOf(usage["completion_tokens_details"]);
  const reasoning = output?.["reasoning_tokens"] ?? usage["reasoning_tokens"];
  return usageOf(usage["total_tokens"], {
    input: usage["prompt_tokens"],
    output: isDeepResearch(usage)
      ? sumOf(usage["completion_tokens"], usage["reasoning_tokens"])
      : usage["completion_tokens"],
    ...cachesOfChat(usage, input),
    inputAudio: input?.["audio_tokens"],
    reasoning,
    outputAudio: output?.["audio_tokens"],
    outputImage: output?.["image_tokens"],
    isMedia: makesMedia(fieldsOf(body)?.["model"]),
    fees: [...longWrites(input), ...toolUses(usage), ...perplexityFees(usage), ...mistralFees(usage)],
    reported: reportedPicoUsd(usage),
  });
}

/** What came from a cache and was written to one; LiteLLM and others in front of Anthropic tell it in its words, but inside the prompt. */
function cachesOfChat(
  usage: Fields,
  input: Fields | undefined,
): Pick<ReadCounts, "cached" | "written" | "writtenForAnHour"> {
  const lifetimes = fieldsOf(input?.["cache_creation_token_details"] ?? input?.["cache_creation"]);
  return {
    cached:
      input?.["cached_tokens"] ??
      usage["prompt_cache_hit_tokens"] ??
      usage["num_cached_tokens"] ??
      usage["cached_tokens"] ??
      usage["cache_read_input_tokens"],
    written:
      input?.["cache_write_tokens"] ??
      input?.["cache_creation_tokens"] ??
      input?.["cache_creation_input_tokens"] ??
      usage["cache_creation_input_tokens"],
    writtenForAnHour: lifetimes?.["ephemeral_1h_input_tokens"],
  };
}

/** Where the usage of a chat stands: Groq's streams have it apart, Moonshot's in a choice. */
export function chatUsageIn(answer: object): Fields | undefined {
  const response = answer as Fields;
  const [choice] = listOf(response["choices"]);
  return [response["usage"], fieldsOf(response["x_groq"])?.["usage"], choice?.["usage"]]
    .map(fieldsOf)
    .find((usage) => usage !== undefined);
}

/**
 * The usage of a Responses API answer: the response object, or `response` of a stream's `response.completed`; also that of images,
 * transcriptions and realtime responses, which is told alike. Fees of the hosted tools are counted from its output items, since they
 * are not in `usage`. Undefined when there is no valid usage.
 */
export function usageOfOpenAIResponse(body: unknown): Usage | undefined {
  const response = fieldsOf(body);
  const usage = fieldsOf(response?.["usage"]);
  if (isOpenAIImage(response)) return usageOfOpenAIImage(response);
  if (response && (usage?.["type"] === "duration" || usage?.["input_token_details"] != null))
    return usageOfOpenAITranscription(response);
  if (!response || !usage) return undefined;
  const input = fieldsOf(usage["input_tokens_details"]);
  const output = fieldsOf(usage["output_tokens_details"]);
  const told = toolUses(usage);
  const images = imagesMade(response);
  const main = usageOf(usage["total_tokens"], {
    input: usage["input_tokens"],
    output: usage["output_tokens"],
    cached: input?.["cached_tokens"],
    written: input?.["cache_write_tokens"],
    inputAudio: input?.["audio_tokens"],
    reasoning: output?.["reasoning_tokens"],
    outputAudio: output?.["audio_tokens"],
    fees: [
      ...longWrites(input),
      ...(told.length > 0 ? told : hostedToolFees(response, images !== undefined)),
    ],
    reported: reportedPicoUsd(usage),
  });
  return main && images ? { ...main, others: [images] } : main;
}

function usageOf(total: unknown, counts: ReadCounts): Usage | undefined {
  const output = wholeOutput(counts, total);
  if (output === undefined) return undefined;
  // Thoughts have no price of their own here: a count of them that cannot be is left out.
  const reasoning = typeof counts.reasoning === "number" && counts.reasoning > output ? 0 : counts.reasoning;
  const usage = usageFrom({ ...counts, output, reasoning });
  return isUsage(usage) ? usage : undefined;
}

/**
 * Thoughts may stand outside the output (xAI: 12 + 1 + 290 = 303): what the total has beyond input and output
 * is output.
 */
function wholeOutput({ input, output, reasoning }: ReadCounts, total: unknown): number | undefined {
  if (typeof input !== "number") return undefined;
  const said = typeof output === "number" ? output : undefined;
  const rest = typeof total === "number" ? total - input : undefined;
  const thought = typeof reasoning === "number" ? reasoning : 0;
  // Without a total, more thoughts than output cannot be a part of it.
  if (said !== undefined && rest === undefined) return thought > said ? said + thought : said;
  return said === undefined ? rest : Math.max(said, rest ?? 0);
}

/**
 * Cache writes of a longer lifetime than the rate card's have no known price, so they are set apart as a fee
 * without one.
 */
function longWrites(input: Fields | undefined): NonNullable<Usage["fees"]> {
  const lifetimes = Object.entries(fieldsOf(input?.["cache_write_tokens_details"]) ?? {});
  return feesOf(
    Object.fromEntries(
      lifetimes.flatMap(([name, count]) => {
        const [, ttl] = /^ttl_(\w+)_tokens$/.exec(name) ?? [];
        return ttl === undefined || ttl === "30m" ? [] : [[`cacheWrite${ttl}`, count]];
      }),
    ),
  );
}

/** Tools of xAI's and OpenRouter's by how often they ran, and pages of xAI's older search. */
function toolUses(usage: Fields): NonNullable<Usage["fees"]> {
  const uses = Object.entries({
    ...fieldsOf(usage["server_side_tool_usage_details"]),
    ...fieldsOf(usage["server_tool_use"]),
  });
  return feesOf({
    search_source: usage["num_sources_used"],
    ...Object.fromEntries(uses.map(([name, count]) => [name.replace(/_(?:calls|requests)$/, ""), count])),
  });
}

/** Of Perplexity's: its thoughts stand outside the completion and the total (its docs: 33 + 7,163 = 7,196 beside 73,997 at their own price). */
function isDeepResearch({ citation_tokens: cited }: Fields): boolean {
  return cited != null;
}

/** Citations of Perplexity's deep research and its searches, or a request by how much it was to search. */
function perplexityFees(usage: Fields): NonNullable<Usage["fees"]> {
  const { citation_tokens: citation_token, num_search_queries: searches, search_context_size: size } = usage;
  // Where nothing was cited, searches are in the price of the request.
  const isDeep = isDeepResearch(usage);
  return feesOf({
    citation_token,
    web_search: isDeep ? searches : 0,
    ...(typeof size === "string" && !isDeep ? { [`request_${size}`]: 1 } : {}),
  });
}

/** Audio by the second, and the tools of its agents. */
function mistralFees(usage: Fields): NonNullable<Usage["fees"]> {
  return feesOf({ audioSeconds: usage["prompt_audio_seconds"], ...fieldsOf(usage["connectors"]) });
}

/**
 * What a provider says that it took: OpenRouter's `cost`, and beside it, where the key was the caller's own, what the provider behind
 * takes (openrouter.ai/docs/use-cases/usage-accounting, stored copy read on 2026-11-22; its credits are dollars); Perplexity's total;
 * xAI's ticks, of which 10,000,000,000 are a dollar.
 */
function reportedPicoUsd(usage: Fields): number | undefined {
  const { cost, is_byok: isOwnKey, cost_in_usd_ticks: ticks } = usage;
  if (typeof ticks === "number")
    return Number.isSafeInteger(ticks * 100) && ticks >= 0 ? ticks * 100 : undefined;
  const total = fieldsOf(cost)?.["total_cost"] ?? cost;
  const upstream = isOwnKey === true ? fieldsOf(usage["cost_details"])?.["upstream_inference_cost"] : 0;
  const own = picoUsdOf(total);
  const behind = picoUsdOf(upstream);
  return own === undefined || behind === undefined ? undefined : sumOf(own, behind);
}
