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
/** The content itself, or the provider's id of it, is in the text of its message: that text tells it apart. */
const IN_ITS_TEXT = "told by its text";

interface Item {
  readonly type?: unknown;
  readonly content?: unknown;
  readonly output?: unknown;
  readonly audio?: unknown;
  readonly result?: unknown;
}

/** One text a message, each followed by what its bytes do not bound. */
export function conversationParts(messages: unknown): RequestPart[] {
  if (messages === undefined || messages === null) return [];
  const list: readonly unknown[] = Array.isArray(messages) ? messages : [messages];
  return list.flatMap((message): RequestPart[] => [
    JSON.stringify(message) ?? "",
    ...(isItem(message) ? opaqueIn(message) : []),
  ]);
}

function opaqueIn(message: Item): RequestPart[] {
  const found: RequestPart[] = [];
  if (message.type === "item_reference") found.push(opaque("an item reference"));
  if (message.audio != null) found.push(opaque("a reference to audio"));
  // A picture that was made before, sent back to be looked at.
  if (message.type === "image_generation_call") found.push(opaque("an image made before"));
  for (const part of [...itemsOf(message.content), ...itemsOf(message.output)]) {
    if (typeof part.type !== "string" || TEXT_PARTS.has(part.type)) continue;
    found.push(opaque(`content of type ${part.type}`, !hasAddress(part)));
  }
  return found;
}

function opaque(what: string, isInItsText = true): RequestPart {
  return { kind: "opaque", what, ...(isInItsText ? { key: IN_ITS_TEXT } : {}) };
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
