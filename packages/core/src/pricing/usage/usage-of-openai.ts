import { isOpenAIImage, usageOfOpenAIImage, usageOfOpenAITranscription } from "./usage-of-openai-media.ts";
import { isUsage, type Usage } from "./usage.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The usage of a Chat Completions answer (or an embedding): the response object, or the last chunk of a
 * stream made with `stream_options.include_usage`. Undefined when there is none or it is not made of valid
 * counts, which is not zero. Also reads what compatible providers add: xAI's and Gemini's thoughts outside
 * the completion, DeepSeek's and Moonshot's caches.
 */
export function usageOfOpenAIChat(body: unknown): Usage | undefined {
  const usage = fieldsOf(fieldsOf(body)?.["usage"]);
  if (!usage) return undefined;
  const input = fieldsOf(usage["prompt_tokens_details"]);
  const output = fieldsOf(usage["completion_tokens_details"]);
  return tokens({
    input: usage["prompt_tokens"],
    output: usage["completion_tokens"],
    total: usage["total_tokens"],
    cached: input?.["cached_tokens"] ?? usage["prompt_cache_hit_tokens"] ?? usage["cached_tokens"],
    written: input?.["cache_write_tokens"],
    inputAudio: input?.["audio_tokens"],
    reasoning: output?.["reasoning_tokens"],
    outputAudio: output?.["audio_tokens"],
    fees: [...longWrites(input), ...sourceFees(usage)],
    billed: billOf(usage),
  });
}

/**
 * The usage of a Responses API answer: the response object, or `response` of a stream's `response.completed`; also that of images
 * and transcriptions, which is told alike. Fees of the hosted tools are counted from its output items, since they are not in
 * `usage`. Undefined when there is no valid usage.
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
  return tokens({
    input: usage["input_tokens"],
    output: usage["output_tokens"],
    total: usage["total_tokens"],
    cached: input?.["cached_tokens"],
    written: input?.["cache_write_tokens"],
    inputAudio: input?.["audio_tokens"],
    reasoning: output?.["reasoning_tokens"],
    outputAudio: output?.["audio_tokens"],
    fees: [...longWrites(input), ...sourceFees(usage), ...toolFees(response)],
    billed: billOf(usage),
  });
}

interface Counts {
  readonly input: unknown;
  readonly output: unknown;
  readonly total: unknown;
  readonly cached: unknown;
  readonly written: unknown;
  readonly inputAudio: unknown;
  readonly reasoning: unknown;
  readonly outputAudio: unknown;
  readonly fees: NonNullable<Usage["fees"]>;
  readonly billed: number | undefined;
}

function tokens(counts: Counts): Usage | undefined {
  const outputTokens = wholeOutput(counts);
  if (outputTokens === undefined) return undefined;
  const usage = {
    inputTokens: counts.input,
    ...part("cachedInputTokens", counts.cached),
    ...part("cacheWriteTokens", counts.written),
    ...part("inputAudioTokens", counts.inputAudio),
    outputTokens,
    ...part("reasoningTokens", counts.reasoning),
    ...part("outputAudioTokens", counts.outputAudio),
    ...(counts.fees.length === 0 ? {} : { fees: counts.fees }),
    ...part("billedNanoUsd", counts.billed),
  };
  return isUsage(usage) ? usage : undefined;
}

/**
 * Thoughts may stand outside the output (xAI: 12 + 1 + 290 = 303): what the total has beyond input and output
 * is output.
 */
function wholeOutput({ input, output, total, reasoning }: Counts): number | undefined {
  if (typeof input !== "number") return undefined;
  const said = typeof output === "number" ? output : undefined;
  const rest = typeof total === "number" ? total - input : undefined;
  const thought = typeof reasoning === "number" ? reasoning : 0;
  // Without a total, more thoughts than output cannot be a part of it.
  if (said !== undefined && rest === undefined) return thought > said ? said + thought : said;
  return said === undefined ? rest : Math.max(said, rest ?? 0);
}

function part(name: keyof Usage, count: unknown): Partial<Record<keyof Usage, unknown>> {
  return count === undefined || count === null || count === 0 ? {} : { [name]: count };
}

/**
 * Cache writes of a longer lifetime than the rate card's have no known price, so they are set apart as a fee
 * without one.
 */
function longWrites(input: Fields | undefined): NonNullable<Usage["fees"]> {
  const long = fieldsOf(input?.["cache_write_tokens_details"])?.["ttl_12h_tokens"];
  return typeof long === "number" && long > 0 ? [{ meter: "cacheWrite12h", count: long }] : [];
}

/** Pages that xAI's search gave the model, each billed at a price that could not be checked. */
function sourceFees(usage: Fields): NonNullable<Usage["fees"]> {
  const sources = usage["num_sources_used"];
  return typeof sources === "number" && sources > 0 ? [{ meter: "search_source", count: sources }] : [];
}

/**
 * What OpenRouter took from the account: `cost`, and beside it, where the key for the provider was the caller's own, what that
 * provider takes (openrouter.ai/docs/use-cases/usage-accounting, stored copy read on 2026-11-22). Its credits are dollars: a
 * recorded call with 30 and 26 tokens at $1.50 and $7.50 a million told 0.00024.
 */
function billOf(usage: Fields): number | undefined {
  const { cost, is_byok: isOwnKey } = usage;
  const upstream = isOwnKey === true ? fieldsOf(usage["cost_details"])?.["upstream_inference_cost"] : 0;
  if (typeof cost !== "number" || typeof upstream !== "number") return undefined;
  const nanoUsd = (cost + upstream) * 1e9;
  // Without the dust of binary fractions: 0.0436 is no more than 43,600,000.
  const whole = Math.ceil(Number(nanoUsd.toFixed(3)));
  return Number.isSafeInteger(whole) && whole >= 0 ? whole : undefined;
}

/** Calls of tools that run at the caller's, or are free of charge. */
const FREE_CALLS = new Set([
  "apply_patch_call",
  "computer_call",
  "custom_tool_call",
  "function_call",
  "local_shell_call",
  "mcp_call",
  "tool_search_call",
]);

function toolFees(response: Fields): NonNullable<Usage["fees"]> {
  const types = listOf(response["tools"]).map((tool) => tool["type"]);
  const preview = types.some((type) => typeof type === "string" && type.startsWith("web_search_preview"));
  const counts = new Map<string, number>();
  const containers = new Set<unknown>();
  const add = (meter: string) => counts.set(meter, (counts.get(meter) ?? 0) + 1);
  for (const item of listOf(response["output"])) {
    const { type } = item;
    if (typeof type !== "string" || !type.endsWith("_call") || FREE_CALLS.has(type)) continue;
    if (type === "web_search_call") {
      if (isSearch(item)) add(preview ? "web_search_preview" : "web_search");
    } else if (type === "file_search_call") add("file_search");
    else if (type === "code_interpreter_call") containers.add(item["container_id"]);
    else if (type === "shell_call") addShellContainer(item, containers);
    // Anything else may be billed in a way not known here: named, so that it is not taken for free.
    else add(type.slice(0, -"_call".length));
  }
  if (containers.size > 0) counts.set(containerMeter(response), containers.size);
  return [...counts].map(([meter, count]) => ({ meter, count }));
}

/** A shell at the caller's is free; one in a hosted container shares the fee of that container. */
function addShellContainer(item: Fields, containers: Set<unknown>): void {
  const environment = fieldsOf(item["environment"]);
  if (environment?.["type"] === "container_reference") containers.add(environment["container_id"]);
}

/** Only searches are billed, not opening a page or finding something in it. */
function isSearch(item: Fields): boolean {
  const action = fieldsOf(item["action"]);
  return action === undefined || action["type"] === "search";
}

/** The known fee is that of the default container of 1 GB. */
function containerMeter(response: Fields): string {
  for (const tool of listOf(response["tools"])) {
    const memory = fieldsOf(tool["container"])?.["memory_limit"];
    if (typeof memory === "string" && memory !== "1g") return `container_${memory}`;
  }
  return "container";
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

function listOf(value: unknown): readonly Fields[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.map(fieldsOf).filter((item) => item !== undefined);
}
