import { appendPatch } from "./append-patch.ts";
import { textOf } from "./codec.ts";
import { inlineChannel, isInline } from "./inline-channel.ts";
import type { LogWriter, Tail } from "./log-writer.ts";
import { costOf, isStale, storedOf, type MeasuredChannel } from "./measured-channel.ts";
import { joinPieces, piecesOf } from "./pieces.ts";
import type { Remembered, RememberedChannel } from "./remembered.ts";
import { sameAsWritten } from "./same-as-written.ts";
import type { StateChannel } from "./split-state.ts";
import { toWritten } from "./to-written.ts";

/** A single value: the value, then patches in a log of its own; a short one stands in the manifest. `tail` is where the values of a state go. */
export function writeValue(
  { path, kind, parts }: StateChannel,
  old: RememberedChannel | undefined,
  writer: LogWriter,
  { name, tail }: { readonly name: string; readonly tail: Tail | undefined },
): { readonly channel: RememberedChannel; readonly tail: Tail | undefined } {
  const [known] = (old?.items ?? []) as readonly Remembered[];
  if (old && known !== undefined && sameAsWritten(parts[0], known.written)) return { channel: old, tail };
  const written = toWritten(parts[0], name);
  const whole = textOf(written, name);
  if (isInline(whole)) return { channel: inlineChannel(path, written, whole), tail };
  if (old && known !== undefined && old.pieces.length > 0 && !isStale(storedOf(old), whole.length)) {
    const change = { known, written, whole, stored: (patch: unknown) => patch, name };
    const patched = appendPatch(change, old.tails[0], writer);
    if (patched !== undefined) {
      const channel: MeasuredChannel = {
        path,
        kind,
        pieces: joinPieces(old.pieces, [patched.item]),
        items: [patched.item],
        tails: [patched.tail],
        stored: storedOf(old) + patched.cost,
      };
      return { channel, tail };
    }
  }
  const { item, tail: next } = writer.append(tail, { written, stored: written, name });
  const channel: MeasuredChannel = {
    path,
    kind,
    pieces: piecesOf([item]),
    items: [item],
    tails: old?.tails ?? [],
    stored: costOf(whole.length),
  };
  return { channel, tail: next };
}
