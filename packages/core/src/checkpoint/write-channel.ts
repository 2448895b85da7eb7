import type { LogWriter, Tail } from "./log-writer.ts";
import { matchList } from "./match-list.ts";
import { piecesOf } from "./pieces.ts";
import type { Remembered, RememberedChannel } from "./remembered.ts";
import { sameAsWritten } from "./same-as-written.ts";
import type { StateChannel } from "./split-state.ts";
import { toWritten } from "./to-written.ts";

/** A list in more pieces than this is written anew once its pieces have cost as much as that will. */
const MANY_PIECES = 24;
const MAX_PIECES = 1_000;
/** What a piece takes in a checkpoint, roughly. Bytes. */
const PIECE_BYTES = 12;
/** Entries of a record that no longer count are left where they are up to this many, or as many as do count. */
const FEW_DEAD = 16;

/** A list or Set: what is new at its end goes to one log, what is new before that to two others, so that each stays one stretch. */
export function writeList(
  { path, kind, parts }: StateChannel,
  old: RememberedChannel | undefined,
  writer: LogWriter,
  name: string,
): RememberedChannel {
  const before = (old?.items ?? []) as readonly Remembered[];
  const items = matchList(parts, before);
  const tails = [END, HEAD, EDITS].map((at) => old?.tails[at]);
  const append = (index: number, tailAt: number) => {
    const itemName = kind === "set" ? `${name}.item(${index})` : `${name}[${index}]`;
    const written = toWritten(parts[index], itemName);
    const { item, tail } = writer.append(tails[tailAt], { written, stored: written, name: itemName });
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
  const whole = { path, kind, parts };
  if (isTorn(pieces.length, items as Remembered[])) return writeList(whole, undefined, writer, name);
  return { path, kind, pieces, items: items as Remembered[], tails };
}

/** The logs of a list, by their place among its tails. */
const END = 0;
const HEAD = 1;
const EDITS = 2;

function isTorn(pieces: number, items: readonly Remembered[]): boolean {
  if (pieces <= MANY_PIECES) return false;
  const size = items.reduce((sum, { characters }) => sum + characters, 0);
  return pieces > MAX_PIECES || (pieces * pieces * PIECE_BYTES) / 4 > size;
}

/** A plain object or Map: a log of entries, of which the last of a key counts; an entry without a value takes its key away. */
export function writeEntries(
  { path, kind, parts }: StateChannel,
  old: RememberedChannel | undefined,
  writer: LogWriter,
  name: string,
): RememberedChannel {
  const before = (old?.items ?? new Map()) as ReadonlyMap<string, Remembered>;
  const items = new Map<string, Remembered>();
  const added: Remembered[] = [];
  let tail = old?.tails[0];
  const append = (stored: readonly unknown[], entryName: string) => {
    const appended = writer.append(tail, { written: stored[1], stored, name: entryName });
    tail = appended.tail;
    added.push(appended.item);
    return appended.item;
  };
  for (const [key, value] of parts as readonly [unknown, unknown][]) {
    const entryName = kind === "map" ? `${name}.get(${labelOf(key)})` : `${name}.${String(key)}`;
    const writtenKey = toWritten(key, entryName);
    const id = JSON.stringify(writtenKey);
    const known = before.get(id);
    const isSame = known !== undefined && sameAsWritten(value, known.written);
    items.set(id, isSame ? known : append([writtenKey, toWritten(value, entryName)], entryName));
  }
  for (const id of before.keys()) {
    if (!items.has(id)) append([JSON.parse(id) as unknown], name);
  }
  const stored = countOf(old?.pieces ?? []) + added.length;
  if (old !== undefined && stored > items.size * 2 + FEW_DEAD) {
    return writeEntries({ path, kind, parts }, undefined, writer, name);
  }
  return { path, kind, pieces: joined(old?.pieces ?? [], added), items, tails: [tail] };
}

/** A single value. `tail` is where all single values of a state go. */
export function writeValue(
  { path, kind, parts }: StateChannel,
  old: RememberedChannel | undefined,
  writer: LogWriter,
  { name, tail }: { readonly name: string; readonly tail: Tail | undefined },
): { readonly channel: RememberedChannel; readonly tail: Tail | undefined } {
  const [known] = (old?.items ?? []) as readonly Remembered[];
  if (old && known !== undefined && sameAsWritten(parts[0], known.written)) return { channel: old, tail };
  const written = toWritten(parts[0], name);
  const appended = writer.append(tail, { written, stored: written, name });
  const items = [appended.item];
  return { channel: { path, kind, pieces: piecesOf(items), items, tails: [] }, tail: appended.tail };
}

function countOf(pieces: RememberedChannel["pieces"]): number {
  return pieces.reduce((count, [, first, last]) => count + Math.abs(last - first) + 1, 0);
}

function joined(
  pieces: RememberedChannel["pieces"],
  added: readonly Remembered[],
): RememberedChannel["pieces"] {
  if (added.length === 0) return pieces;
  const more = piecesOf(added);
  const [last, first] = [pieces.at(-1), more[0]];
  if (last === undefined || first === undefined) return more;
  const goesOn = last[0] === first[0] && last[2] + 1 === first[1] && last[1] <= last[2];
  return goesOn
    ? [...pieces.slice(0, -1), [last[0], last[1], first[2]], ...more.slice(1)]
    : [...pieces, ...more];
}

function labelOf(key: unknown): string {
  return typeof key === "string" || typeof key === "number" ? String(key) : "…";
}
