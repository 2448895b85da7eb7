import type { StreamedOutput } from "@wflo/core";
import type { StreamEvent } from "./told-by-events.ts";

const NOTHING: StreamedOutput = { bytes: 0, pieces: 0 };
/** Strings in a delta that no model wrote. */
const NOT_WRITTEN = new Set(["role", "id", "type", "obfuscation"]);
/** Deltas whose bytes say nothing of their tokens. */
const NOT_TEXT = new Set(["audio", "image", "images"]);
/** What is nested deeper is nothing that a model is known to write. */
const MAX_DEPTH = 64;
/** Output items whose tokens are billed and not, or not wholly, shown. */
const HIDDEN_ITEMS = new Set(["reasoning", "compaction", "image_generation_call"]);

/** The text that an event brings, in one piece an answer; undefined for output that is billed and not shown as text. */
export function textIn(event: StreamEvent): StreamedOutput | undefined {
  if (event.choices == null) return textInTyped(event);
  let bytes = 0;
  let pieces = 0;
  for (const { delta, text } of event.choices) {
    const found = typeof text === "string" ? byteLength(text) : writtenIn(delta);
    if (found === undefined) return undefined;
    bytes += found;
    if (found > 0) pieces += 1;
  }
  return { bytes, pieces };
}

/** Events with a type, as of responses and transcriptions. */
function textInTyped({ type, delta, item }: StreamEvent): StreamedOutput | undefined {
  if (typeof delta === "string") {
    if (type?.includes("audio.") === true || type?.includes("image") === true) return undefined;
    const bytes = byteLength(delta);
    return bytes === 0 ? NOTHING : { bytes, pieces: 1 };
  }
  const { type: kind, name } = (item ?? {}) as { type?: unknown; name?: unknown };
  if (typeof kind === "string" && HIDDEN_ITEMS.has(kind)) return undefined;
  // The name of a tool is told with its item, and again when that is done.
  const isNew = type === "response.output_item.added" && typeof name === "string";
  return isNew ? { bytes: byteLength(name), pieces: 1 } : NOTHING;
}

function writtenIn(value: unknown, depth = 0): number | undefined {
  if (typeof value === "string") return byteLength(value);
  if (typeof value !== "object" || value === null) return 0;
  if (depth === MAX_DEPTH) return undefined;
  let bytes = 0;
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null || NOT_WRITTEN.has(key)) continue;
    const found = NOT_TEXT.has(key) ? undefined : writtenIn(inner, depth + 1);
    if (found === undefined) return undefined;
    bytes += found;
  }
  return bytes;
}

/** Bytes in UTF-8. Pieces are short: counting is quicker than encoding. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each half of a pair of surrogates counts two of its four bytes.
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
