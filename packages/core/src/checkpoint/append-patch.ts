import { textOf } from "./codec.ts";
import type { LogWriter, Tail } from "./log-writer.ts";
import { costOf } from "./measured-channel.ts";
import { patchOf, type Patch } from "./patch.ts";
import type { Remembered } from "./remembered.ts";
import { digestOf } from "./state-digest.ts";

/** Shorter values are written anew rather than patched. Characters. */
const FEW_CHARACTERS = 100;

/** The new value of something that is stored already. */
export interface Change {
  readonly known: Remembered;
  readonly written: unknown;
  /** The text of the element that would hold the whole value. */
  readonly whole: string;
  /** The element that holds the patch. */
  readonly stored: (patch: Patch) => unknown;
  readonly name: string;
}

/** Appends the patch from what is known to what is to be; undefined when the whole value takes no more. */
export function appendPatch(
  { known, written, whole, stored, name }: Change,
  tail: Tail | undefined,
  writer: LogWriter,
): { readonly item: Remembered; readonly tail: Tail; readonly cost: number } | undefined {
  if (whole.length < FEW_CHARACTERS) return undefined;
  const patch = patchOf(known.written, written);
  if (patch === undefined || patch[0] === 0) return undefined;
  const text = textOf(stored(patch), name);
  if (costOf(text.length) >= whole.length) return undefined;
  const appended = writer.append(tail, { written, stored: stored(patch), name });
  const item = { ...appended.item, characters: whole.length, digest: digestOf(whole) };
  return { item, tail: appended.tail, cost: costOf(text.length) };
}
