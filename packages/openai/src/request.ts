import type { GuardRequest, RequestPart } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";

/** A request's JSON body. */
export type Body = Readonly<Record<string, unknown>>;

/** Models that think before they answer (OpenAI's o-series, and GPT-5 and later). */
const REASONING = /^(?:openai\/)?(?:o\d|gpt-(?:[5-9]|\d\d))/;
/** Tools that only ask the caller to do something; every other kind is work of the provider, billed beyond the request. */
const CALLER_TOOLS = new Set(["function", "custom", "local_shell", "apply_patch"]);
/** Parts of messages whose tokens their bytes bound. */
const TEXT_PARTS = new Set([
  "text",
  "input_text",
  "output_text",
  "refusal",
  "summary_text",
  "reasoning_text",
]);
/** Fields that bring in text from elsewhere, up to what the model can read. */
const REMOTE_FIELDS = ["previous_response_id", "conversation", "prompt"];

/** The field that caps the output of a request. */
export type CapField = "max_completion_tokens" | "max_tokens" | "max_output_tokens";

/** The parts of a request that the door needs, out of a native body and its JSON text. */
export function guardRequestOf(
  api: PricedApi,
  provider: string,
  body: Body,
  text: string,
): Pick<
  GuardRequest,
  "provider" | "model" | "parts" | "maxOutputTokens" | "outputs" | "canCap" | "reasoning" | "serviceTier"
> {
  const model = typeof body["model"] === "string" ? body["model"] : "";
  return {
    provider,
    model,
    parts: partsOf(api, body, text),
    maxOutputTokens:
      count(body["max_completion_tokens"]) ?? count(body["max_tokens"]) ?? count(body["max_output_tokens"]),
    outputs: api === "chat" ? (count(body["n"]) ?? 1) : 1,
    canCap: api !== "embeddings",
    reasoning: body["reasoning"] != null || body["reasoning_effort"] != null || REASONING.test(model),
    serviceTier: typeof body["service_tier"] === "string" ? body["service_tier"] : undefined,
  };
}

/** Where a cap is written: the field the caller uses, else the one this endpoint takes. */
export function capFieldOf(api: PricedApi, provider: string, body: Body): CapField {
  if (api === "responses") return "max_output_tokens";
  if (body["max_completion_tokens"] != null) return "max_completion_tokens";
  if (body["max_tokens"] != null) return "max_tokens";
  return provider === "openai" || provider === "azure" ? "max_completion_tokens" : "max_tokens";
}

function partsOf(api: PricedApi, body: Body, text: string): RequestPart[] {
  const parts: RequestPart[] = [{ kind: "text", text }];
  if (api === "embeddings") return parts;
  for (const field of REMOTE_FIELDS)
    if (body[field] != null) parts.push({ kind: "opaque", what: `the field ${field}` });
  const kinds = api === "chat" ? messagePartKinds(body["messages"]) : messagePartKinds(body["input"]);
  for (const what of kinds) parts.push({ kind: "opaque", what });
  for (const what of providersOwnWork(body)) parts.push({ kind: "unbounded", what });
  return parts;
}

interface Item {
  readonly type?: unknown;
  readonly content?: unknown;
  readonly output?: unknown;
  readonly audio?: unknown;
}

/** What messages have that their bytes do not bound, each kind once. */
function messagePartKinds(messages: unknown): Set<string> {
  const kinds = new Set<string>();
  for (const message of itemsOf(messages)) {
    if (message.type === "item_reference") kinds.add("an item reference");
    if (message.audio != null) kinds.add("a reference to audio");
    for (const part of [...itemsOf(message.content), ...itemsOf(message.output)]) {
      if (typeof part.type === "string" && !TEXT_PARTS.has(part.type))
        kinds.add(`content of type ${part.type}`);
    }
  }
  return kinds;
}

function itemsOf(value: unknown): readonly Item[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item): item is Item => typeof item === "object" && item !== null);
}

function providersOwnWork(body: Body): string[] {
  const found: string[] = [];
  for (const tool of Array.isArray(body["tools"]) ? (body["tools"] as readonly { type?: unknown }[]) : []) {
    if (typeof tool?.type === "string" && !CALLER_TOOLS.has(tool.type))
      found.push(`the hosted tool ${tool.type}`);
  }
  if (body["web_search_options"] != null) found.push("web_search_options");
  if (body["background"] === true) found.push("background: true, whose usage comes later");
  if (body["prediction"] != null) found.push("a prediction, whose rejected tokens are billed as output");
  if (Array.isArray(body["modalities"]) && body["modalities"].some((kind) => kind !== "text"))
    found.push("output other than text");
  return found;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
