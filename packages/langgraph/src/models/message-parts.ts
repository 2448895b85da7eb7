import type { BaseMessage } from "@langchain/core/messages";
import type { RequestPart } from "@wflo/core";

/** Blocks of content whose tokens their bytes bound. */
const TEXT_BLOCKS = new Set([
  "text",
  "input_text",
  "output_text",
  "refusal",
  "tool_use",
  "tool_call",
  "tool_call_chunk",
  "tool_result",
  "function_call",
  "server_tool_call",
  "server_tool_use",
  "citation",
  "search_result",
  "thinking",
  "redacted_thinking",
  "reasoning",
  "reasoning_content",
  "non_standard",
  "text-plain",
]);
/** Where content is found by an address, what is there may change; data is the content itself. */
const ADDRESS = /^(?!data:)[a-z][a-z0-9+.-]*:/i;
/** What models send back of an answer besides its content; the rest of what LangChain keeps with it is about the answer. */
const SENT_BACK = [
  "function_call",
  "tool_calls",
  "reasoning",
  "reasoning_content",
  "audio",
  "tool_outputs",
  "refusal",
];
/** Deeper content is not looked through: it is opaque. */
const MAX_DEPTH = 8;

type Block = Readonly<Record<string, unknown>>;

/** What a model reads of a conversation: one text a message, each followed by what its bytes do not bound, which is left out of the text. */
export function messageParts(messages: readonly BaseMessage[]): RequestPart[] {
  return messages.flatMap((message) => {
    const opaque: RequestPart[] = [];
    const content = textOnly(message.content, opaque);
    const { tool_calls: calls, tool_call_id: callId } = message as {
      tool_calls?: unknown;
      tool_call_id?: unknown;
    };
    const kept = message.additional_kwargs ?? {};
    const sent = SENT_BACK.flatMap((name) => (kept[name] == null ? [] : [[name, kept[name]] as const]));
    const { reasoning, audio } = kept as { reasoning?: unknown; audio?: unknown };
    const text = JSON.stringify([message.getType(), message.name, content, calls, callId, ...sent]);
    if (audio != null) opaque.push({ kind: "opaque", what: "a reference to audio", key: text });
    const thoughts = thoughtsById(reasoning, text);
    return [text, ...opaque, ...(thoughts === undefined ? [] : [thoughts])];
  });
}

/** Thoughts that are sent back by their id: the provider has the text. */
function thoughtsById(reasoning: unknown, key: string): RequestPart | undefined {
  if (!isBlock(reasoning)) return undefined;
  const { id, encrypted_content: sealed, content } = reasoning;
  if (typeof id !== "string" || id === "" || isSaid(sealed) || isSaid(content)) return undefined;
  return { kind: "opaque", what: "thoughts of an earlier answer", key, itemId: id };
}

function isSaid(value: unknown): boolean {
  return (typeof value === "string" || Array.isArray(value)) && value.length > 0;
}

/** Content without the data of images and files, which are not read as text; they are noted instead. */
function textOnly(content: unknown, opaque: RequestPart[], depth = 0): unknown {
  if (Array.isArray(content)) return content.map((item: unknown) => textOnly(item, opaque, depth + 1));
  if (!isBlock(content)) return content;
  const { type } = content;
  if (depth > MAX_DEPTH || (typeof type === "string" && !TEXT_BLOCKS.has(type))) {
    const key = hasAddress(content) ? undefined : JSON.stringify(content);
    opaque.push({ kind: "opaque", what: `content of type ${String(type)}`, key });
    return { type };
  }
  // What a tool gave back may have pictures in it.
  return "content" in content
    ? { ...content, content: textOnly(content["content"], opaque, depth + 1) }
    : content;
}

function hasAddress(block: object): boolean {
  return Object.values(block).some((value: unknown) => {
    if (typeof value === "string") return ADDRESS.test(value.trimStart());
    return typeof value === "object" && value !== null && hasAddress(value);
  });
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null;
}
