import { appendPatch } from "./append-patch.ts";
import { textOf } from "./codec.ts";
import { orderOf, reorderingOf } from "./entry-order.ts";
import type { LogWriter, Tail } from "./log-writer.ts";
import { costOf, isStale, storedOf, type MeasuredChannel } from "./measured-channel.ts";
import { partName } from "./part-name.ts";
import { joinPieces } from "./pieces.ts";
import type { Remembered, RememberedChannel } from "./remembered.ts";
import { sameAsWritten } from "./same-as-written.ts";
import type { StateChannel } from "./split-state.ts";
import { toWritten } from "./to-written.ts";

/**
 * A plain object or Map: a log of changes to its entries. `[key, value]` sets one, `[key, 0, patch]` changes one, `[key, 0, 0]` moves
 * one to the end, `[key]` takes one away, `[0, 0, 0, patch]` puts the keys in another order.
 */
export function writeEntries(
  channel: StateChannel,
  old: RememberedChannel | undefined,
  writer: LogWriter,
  name: string,
): MeasuredChannel {
  const mark = writer.elements.length;
  const kind = channel.kind === "map" ? "map" : "record";
  const before = (old?.items ?? new Map()) as ReadonlyMap<string, Remembered>;
  const log = new EntryLog(old, writer, name);
  const items = new Map<string, Remembered>();
  let live = 0;
  for (const [index, part] of channel.parts.entries()) {
    const [key, value] = part as readonly [unknown, unknown];
    const entryName = partName(channel.kind, name, index, key);
    const writtenKey = toWritten(key, entryName);
    const id = JSON.stringify(writtenKey);
    const known = before.get(id);
    const isSame = known !== undefined && sameAsWritten(value, known.written);
    const item = isSame
      ? known
      : log.set(writtenKey, toWritten(value, entryName, channel.isJson), known, entryName);
    items.set(id, item);
    live += costOf(item.characters);
  }
  for (const id of before.keys()) if (!items.has(id)) log.append([JSON.parse(id) as unknown]);
  const kept = [...before.keys()].filter((id) => items.has(id));
  const added = [...items.keys()].filter((id) => !before.has(id));
  log.reorder(orderOf(kind, [...kept, ...added]), [...items.keys()]);
  if (old !== undefined && isStale(log.stored, live)) {
    // What no checkpoint will name need not be stored.
    writer.elements.splice(mark);
    return writeEntries(channel, undefined, writer, name);
  }
  const { path } = channel;
  const pieces = joinPieces(old?.pieces ?? [], log.added);
  return { path, kind, pieces, items, tails: [log.tail], stored: log.stored };
}

/** Appends to the log of one channel. */
class EntryLog {
  readonly added: Remembered[] = [];
  tail: Tail | undefined;
  stored: number;
  readonly #writer: LogWriter;
  readonly #name: string;

  constructor(old: RememberedChannel | undefined, writer: LogWriter, name: string) {
    this.tail = old?.tails[0];
    this.stored = storedOf(old);
    this.#writer = writer;
    this.#name = name;
  }

  /** Sets or changes an entry. */
  set(key: unknown, written: unknown, known: Remembered | undefined, name: string): Remembered {
    const whole = [key, written];
    const change = known && {
      known,
      written,
      whole: textOf(whole, name),
      stored: (patch: unknown) => [key, 0, patch],
      name,
    };
    const patched = change && appendPatch(change, this.tail, this.#writer);
    if (patched === undefined) return this.append(whole, name);
    this.tail = patched.tail;
    this.stored += patched.cost;
    this.added.push(patched.item);
    return patched.item;
  }

  append(stored: readonly unknown[], name = this.#name): Remembered {
    const { item, tail } = this.#writer.append(this.tail, { written: stored[1], stored, name });
    this.tail = tail;
    this.stored += costOf(item.characters);
    this.added.push(item);
    return item;
  }

  /** Puts the entries in order, by their keys. */
  reorder(before: readonly string[], target: readonly string[]): void {
    const reordering = reorderingOf(before, target);
    if (reordering === undefined) return;
    if ("order" in reordering) this.append([0, 0, 0, reordering.order]);
    else for (const id of reordering.moves) this.append([JSON.parse(id) as unknown, 0, 0]);
  }
}
