import type { RequestPart } from "@wflo/core";
import { keptByProvider } from "./kept-items.ts";

/** Parts of messages whose tokens their bytes bound. */
const TEXT_PARTS = new Set([
  "text",
  "input_text",
  "output_text",
  "refusal",
  "summary_text",
  "reasoning_text",
]);
/** Where content is found by an address, what is there may change; data is the content itself. */
const ADDRESS = /^(?!data:)[a-z][a-z0-9+.-]*:/i;
/** Outside of the item and of its message: told apart by the text of the message. */
const IN_ITS_TEXT = "told by its text";

interface Item {
  readonly type?: unknown;
  readonly content?: unknown;
  readonly output?: unknown;
  readonly audio?: unknown;
}

/** One text a message, each followed by what its bytes do not bound, which is left out of the text. */
export function conversationParts(messages: unknown): RequestPart[] {
  if (messages === undefined || messages === null) return [];
  const list: readonly unknown[] = Array.isArray(messages) ? messages : [messages];
  return list.flatMap((message): RequestPart[] => {
    if (!isItem(message)) return [JSON.stringify(message) ?? ""];
    return [JSON.stringify(textOnly(message)), ...opaqueIn(message)];
  });
}

/** A message without the data of its images and files, which are not read as text. */
function textOnly(message: Item): object {
  const kept = (list: unknown): unknown =>
    Array.isArray(list)
      ? list.map((part: unknown) => (isItem(part) && isOpaque(part) ? { type: part.type } : part))
      : list;
  const { content, output } = message;
  return {
    ...message,
    ...(Array.isArray(content) ? { content: kept(content) } : {}),
    ...(Array.isArray(output) ? { output: kept(output) } : {}),
  };
}

function isOpaque(part: Item): boolean {
  return typeof part.type === "string" && !TEXT_PARTS.has(part.type);
}

function opaqueIn(message: Item): RequestPart[] {
  const found: RequestPart[] = [];
  const kept = keptByProvider(message);
  if (kept) found.push({ kind: "opaque", ...kept, key: IN_ITS_TEXT });
  if (message.audio != null) found.push({ kind: "opaque", what: "a reference to audio", key: IN_ITS_TEXT });
  for (const part of [...itemsOf(message.content), ...itemsOf(message.output)]) {
    if (!isOpaque(part)) continue;
    const key = hasAddress(part) ? undefined : JSON.stringify(part);
    found.push({ kind: "opaque", what: `content of type ${String(part.type)}`, key });
  }
  return found;
}

function hasAddress(part: object): boolean {
  return Object.values(part).some((value: unknown) => {
    if (typeof value === "string") return ADDRESS.test(value.trimStart());
    return typeof value === "object" && value !== null && hasAddress(value);
  });
}

function itemsOf(value: unknown): readonly Item[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter(isItem);
}

function isItem(value: unknown): value is Item {
  return typeof value === "object" && value !== null;
}
