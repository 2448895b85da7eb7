import { changesOf } from "./list-changes.ts";
import type { LogWriter, Tail } from "./log-writer.ts";
import { matchList } from "./match-list.ts";
import { costOf, isStale, type MeasuredChannel, storedOf } from "./measured-channel.ts";
import { partName } from "./part-name.ts";
import { joinPieces, piecesOf } from "./pieces.ts";
import type { Remembered, RememberedChannel } from "./remembered.ts";
import type { StateChannel } from "./split-state.ts";
import { toWritten } from "./to-written.ts";

/** A list in more pieces than this is followed by changes, if they are few. */
const FEW_PIECES = 8;
/** One in more pieces than this is written anew once its pieces have cost as much as that will. */
const MANY_PIECES = 24;
const MAX_PIECES = 1_000;
/** What a piece takes in a checkpoint, and a change in its log, roughly. Bytes. */
const PIECE_BYTES = 12;
const CHANGE_BYTES = 60;

/** The logs of a list, by their place among its tails. */
const END = 0;
const HEAD = 1;
const EDITS = 2;
const CHANGES = 3;

/** A list on its way. */
interface Writing {
  readonly channel: StateChannel;
  readonly old: RememberedChannel | undefined;
  readonly writer: LogWriter;
  readonly name: string;
  /** Of each item the element that it is; undefined for what is new. */
  readonly items: readonly (Remembered | undefined)[];
}

/**
 * A list or Set: pieces that name its items in order, as long as they are few. Else the pieces it had before, and after them a log of what
 * became of it.
 */
export function writeList(
  channel: StateChannel,
  old: RememberedChannel | undefined,
  writer: LogWriter,
  name: string,
): MeasuredChannel {
  const mark = writer.elements.length;
  const items = matchList(channel.parts, (old?.items ?? []) as readonly Remembered[]);
  const writing = { channel, old, writer, name, items };
  const named = nameItems(writing);
  if (named.pieces.length <= FEW_PIECES) return named;
  // What no checkpoint will name need not be stored.
  const begun = writer.elements.splice(mark);
  const changed = appendChanges(writing, 1 + (named.pieces.length * PIECE_BYTES) / CHANGE_BYTES);
  if (changed !== undefined && !isTorn(changed) && !isStale(changed.stored, liveOf(changed.items))) {
    return changed;
  }
  if (changed !== undefined || isTorn(named)) {
    writer.elements.splice(mark);
    return writeList(channel, undefined, writer, name);
  }
  writer.elements.push(...begun);
  return named;
}

/** What is new at the end of a list goes to one log, what is new before that to two others, so that each stays one stretch. */
function nameItems(writing: Writing): MeasuredChannel & { readonly items: readonly Remembered[] } {
  const { channel, old } = writing;
  const { path, kind, parts } = channel;
  const before = (old?.items ?? []) as readonly Remembered[];
  const items = [...writing.items];
  const tails = tailsOf(old);
  const append = (index: number, tailAt: number) =>
    (items[index] = appendItem(writing, tails, tailAt, index));
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
  const all = items as Remembered[];
  return { path, kind, pieces: piecesOf(all), items: all, tails, stored: liveOf(all) };
}

/** Undefined when it would take more than `most` changes. */
function appendChanges(
  writing: Writing,
  most: number,
): (MeasuredChannel & { readonly items: readonly Remembered[] }) | undefined {
  const { channel, old, writer, name } = writing;
  if (old === undefined) return undefined;
  const before = old.items as readonly Remembered[];
  const changes = changesOf(before, writing.items, most);
  if (changes === undefined) return undefined;
  const items = [...writing.items];
  const tails = tailsOf(old);
  const added: Remembered[] = [];
  let fresh = 0;
  const appendFresh = (count: number) => {
    for (let times = 0; times < count; times++) {
      fresh = items.indexOf(undefined, fresh);
      added.push((items[fresh] = appendItem(writing, tails, CHANGES, fresh)));
    }
  };
  for (const [at, change] of changes.entries()) {
    const [place, removed, count] = change;
    const isAtEnd = at === changes.length - 1 && removed === 0 && place + count === items.length;
    if (change.length === 4 || !isAtEnd) {
      const { item, tail } = writer.appendChange(tails[CHANGES], change, name);
      tails[CHANGES] = tail;
      added.push(item);
    }
    if (change.length === 3) appendFresh(count);
  }
  const { path, kind } = channel;
  const stored = added.reduce((sum, { characters }) => sum + costOf(characters), storedOf(old));
  return { path, kind, pieces: joinPieces(old.pieces, added), items: items as Remembered[], tails, stored };
}

function appendItem(
  { channel: { kind, parts, isRaw }, writer, name }: Writing,
  tails: (Tail | undefined)[],
  tailAt: number,
  index: number,
): Remembered {
  const itemName = partName(kind, name, index);
  const written = toWritten(parts[index], itemName);
  const { item, tail } = writer.append(tails[tailAt], { written, stored: written, name: itemName, isRaw });
  tails[tailAt] = tail;
  return item;
}

function tailsOf(old: RememberedChannel | undefined): (Tail | undefined)[] {
  return [END, HEAD, EDITS, CHANGES].map((at) => old?.tails[at]);
}

function liveOf(items: RememberedChannel["items"]): number {
  let characters = 0;
  for (const item of items.values()) characters += costOf(item.characters);
  return characters;
}

function isTorn({ pieces, stored }: MeasuredChannel): boolean {
  if (pieces.length <= MANY_PIECES) return false;
  return pieces.length > MAX_PIECES || (pieces.length ** 2 * PIECE_BYTES) / 4 > stored;
}
