import type { MeasuredChannel } from "./measured-channel.ts";
import { digestOf } from "./state-digest.ts";

/** To name an element takes as much, and the element itself four times that. Characters. */
const MAX_CHARACTERS = 24;

/** Whether a value is so short that it stands in the manifest of each checkpoint that has it. `text` is what it would be stored as. */
export function isInline(text: string): boolean {
  return text.length <= MAX_CHARACTERS;
}

/** The channel of a value that stands in the manifest. */
export function inlineChannel(path: readonly string[], written: unknown, text: string): MeasuredChannel {
  const item = { written, characters: text.length, digest: digestOf(text), log: 0, position: 0 };
  return { path, kind: "value", pieces: [], items: [item], tails: [], stored: 0 };
}
