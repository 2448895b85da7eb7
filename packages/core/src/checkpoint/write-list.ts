import type { LogWriter } from "./log-writer.ts";
import { matchList } from "./match-list.ts";
import { partName } from "./part-name.ts";
import { piecesOf } from "./pieces.ts";
import type { Remembered, RememberedChannel } from "./remembered.ts";
import type { StateChannel } from "./split-state.ts";
import { toWritten } from "./to-written.ts";

/** A list in more pieces than this is written anew once its pieces have cost as much as that will. */
const MANY_PIECES = 24;
const MAX_PIECES = 1_000;
/** What a piece takes in a checkpoint, roughly. Bytes. */
const PIECE_BYTES = 12;

/** The logs of a list, by their place among its tails. */
const END = 0;
const HEAD = 1;
const EDITS = 2;

/** A list or Set: what is new at its end goes to one log, what is new before that to two others, so that each stays one stretch. */
export function writeList(
  channel: StateChannel,
  old: RememberedChannel | undefined,
  writer: LogWriter,
  name: string,
): RememberedChannel {
  const { path, kind, parts, isRaw } = channel;
  const mark = writer.elements.length;
  const before = (old?.items ?? []) as readonly Remembered[];
  const items = matchList(parts, before);
  const tails = [END, HEAD, EDITS].map((at) => old?.tails[at]);
  const append = (index: number, tailAt: number) => {
    const itemName = partName(kind, name, index);
    const written = toWritten(parts[index], itemName);
    const { item, tail } = writer.append(tails[tailAt], { written, stored: written, name: itemName, isRaw });
    tails[tailAt] = tail;
    items[index] = item;
  };
  const lastKnown = items.findLastIndex((item) => item !== undefined);
  const lastKept = items[lastKnown];
  // As many as the end lost are edits: an edited last item must not tear a hole into the log of new ones.
  let edits = before.length - 1 - (lastKept === undefined ? -1 : before.lastIndexOf(lastKept));
  // Backwards, so that items put in front one after the other make one stretch, read backwards.
  for (let index = Math.min(lastKnown, Math.ceil(parts.length / 2)) - 1; index >= 0; index--) {
    if (items[index] === undefined) append(index, HEAD);
  }
  for (let index = 0; index < parts.length; index++) {
    if (items[index] === undefined) append(index, index < lastKnown || edits-- > 0 ? EDITS : END);
  }
  const pieces = piecesOf(items as Remembered[]);
  if (isTorn(pieces.length, items as Remembered[])) {
    // What no checkpoint will name need not be stored.
    writer.elements.splice(mark);
    return writeList(channel, undefined, writer, name);
  }
  return { path, kind, pieces, items: items as Remembered[], tails };
}

function isTorn(pieces: number, items: readonly Remembered[]): boolean {
  if (pieces <= MANY_PIECES) return false;
  const size = items.reduce((sum, { characters }) => sum + characters, 0);
  return pieces > MAX_PIECES || (pieces * pieces * PIECE_BYTES) / 4 > size;
}
