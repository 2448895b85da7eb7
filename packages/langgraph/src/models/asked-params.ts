import { hostedToolWork, providerToolPrompts, widestJson, type RequestPart } from "@wflo/core";

/** What a model is about to send beside the conversation, in the words of its provider. */
export type Params = Readonly<Record<string, unknown>>;

/** Fields that bring no tokens, or whose tokens stand elsewhere. */
const NO_TOKENS = new Set([
  "model",
  "messages",
  "input",
  "contents",
  "stream",
  "stream_options",
  "temperature",
  "top_p",
  "top_k",
  "seed",
  "stop",
  "stop_sequences",
  "n",
  "user",
  "metadata",
  "store",
  "service_tier",
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "maxOutputTokens",
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
  "previous_response_id",
  "betas",
  "inference_geo",
]);
/** Where the output cap stands. */
const CAPS = [
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "maxOutputTokens",
  "maxTokens",
  "num_predict",
];
/** Tools that only ask the caller to do something; every other kind is work of the provider, billed beyond the request. */
const CALLER_TOOLS =
  /^(?:function|custom|local_shell|apply_patch|namespace|tool_search|computer|bash|text_editor|memory)(?:_|$)/;
/** Of these, those that the caller describes. */
const DESCRIBED_BY_CALLER = /^(?:function|custom|namespace)$/;
/** Fields by which a request asks for work beyond one answer of its model, in words that complete "It has …". */
const WORK: Readonly<Record<string, string>> = {
  web_search_options: "web_search_options",
  search_parameters: "search_parameters, a search of the web",
  prediction: "a prediction, whose rejected tokens are billed as output",
  prompt: "a stored prompt that may bring hosted tools",
  context_management: "context_management, a summary that the model writes",
  mcp_servers: "mcp_servers, tools that the provider calls",
  container: "a container that the provider runs code in",
  plugins: "plugins",
};

/** What costs input tokens beside the conversation, as one text. */
export function settingsPart(params: Params): RequestPart {
  const asked = Object.entries(params).filter(([name]) => !NO_TOKENS.has(name));
  try {
    return widestJson(Object.fromEntries(asked)) ?? "";
  } catch {
    return { kind: "opaque", what: "settings that cannot be written as JSON" };
  }
}

/** The caller's own output cap; undefined when there is none. */
export function askedCap(params: Params): number | undefined {
  const holders = [params, params["generationConfig"], params["options"], params["inferenceConfig"]].filter(
    isParams,
  );
  const caps = holders.flatMap((holder) => CAPS.map((name) => holder[name]));
  const known = caps.filter((cap) => Number.isSafeInteger(cap) && (cap as number) >= 0) as number[];
  return known.length === 0 ? undefined : Math.max(...known);
}

/** How many answers are asked for. */
export function askedOutputs(params: Params): number {
  const asked = params["n"] ?? params["candidateCount"];
  return Number.isSafeInteger(asked) && (asked as number) > 0 ? (asked as number) : 1;
}

/** Whether the request itself asks the model to think. */
export function asksToThink(params: Params): boolean {
  const { thinking, reasoning, reasoning_effort: effort } = params;
  if (isParams(thinking)) return thinking["type"] !== "disabled";
  return reasoning != null || (effort != null && effort !== "none");
}

/** Whether the request says how long to think: its output cap may not be below that. */
export function hasThinkingBudget({ thinking }: Params): boolean {
  return isParams(thinking) && typeof thinking["budget_tokens"] === "number";
}

/** What a request asks of the provider beside its text, bounded or not. */
export function providersWork(params: Params): RequestPart[] {
  const found: string[] = [];
  const tools = [...toolsIn(params["tools"])];
  for (const [field, what] of Object.entries(WORK)) if (isAsked(params[field])) found.push(what);
  const { modalities } = params;
  if (Array.isArray(modalities) && modalities.some((kind) => kind !== "text"))
    found.push("output other than text");
  const work = [
    ...[...new Set(found)].map((what) => ({ kind: "unbounded" as const, what })),
    ...tools.flatMap(hostedWork),
    ...providerToolPrompts(tools.filter(isDescribed).length),
  ];
  // What was said in it before is read again, and stands nowhere in the request.
  return params["conversation"] == null
    ? work
    : [...work, { kind: "opaque", what: "the field conversation" }];
}

/** Text of a field, where it is one. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function* toolsIn(tools: unknown): Iterable<Params> {
  for (const tool of Array.isArray(tools) ? (tools as readonly unknown[]) : []) {
    if (!isParams(tool)) continue;
    yield tool;
    yield* toolsIn(tool["tools"]);
  }
}

function hostedWork(tool: Params): RequestPart[] {
  const { type, max_uses: maxUses, allowed_callers: allowedCallers } = tool;
  if (typeof type === "string" && !CALLER_TOOLS.test(type))
    return [hostedToolWork({ name: type, type, maxUses, allowedCallers, option: "max_uses" })];
  // Google names its own by their keys; functions of the caller are lists.
  if (type !== undefined || "name" in tool || Array.isArray(tool["functionDeclarations"])) return [];
  return Object.keys(tool).map((key) => ({ kind: "unbounded", what: `the hosted tool ${key}` }));
}

/** Whether the provider has words of its own for a tool. */
function isDescribed({ type }: Params): boolean {
  return typeof type === "string" && !DESCRIBED_BY_CALLER.test(type);
}

function isAsked(value: unknown): boolean {
  return value != null && value !== false && !(Array.isArray(value) && value.length === 0);
}

function isParams(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
