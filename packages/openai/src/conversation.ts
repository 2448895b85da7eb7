import type { RequestPart } from "@wflo/core";

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
/** The provider's id of it, or the content itself, is in the text of its message: that text tells it apart. */
const IN_ITS_TEXT = "told by its text";

interface Item {
  readonly type?: unknown;
  readonly content?: unknown;
  readonly output?: unknown;
  readonly audio?: unknown;
  readonly result?: unknown;
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
  if (message.type === "item_reference") found.push(opaque("an item reference"));
  if (message.audio != null) found.push(opaque("a reference to audio"));
  // A picture that was made before, sent back to be looked at.
  if (message.type === "image_generation_call") found.push(opaque("an image made before"));
  for (const part of [...itemsOf(message.content), ...itemsOf(message.output)]) {
    if (!isOpaque(part)) continue;
    const key = hasAddress(part) ? undefined : JSON.stringify(part);
    found.push({ kind: "opaque", what: `content of type ${String(part.type)}`, key });
  }
  return found;
}

function opaque(what: string): RequestPart {
  return { kind: "opaque", what, key: IN_ITS_TEXT };
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
