import type { Element, Piece, StoredCheckpoint, ThreadState } from "../ports/checkpoint-store.ts";
import type { LinePlace, ThreadOutline } from "../ports/thread-retention.ts";
import { MemoryCheckpoint } from "./memory-checkpoint.ts";
import { byteOrder } from "./byte-order.ts";
import { MemoryLifetime } from "./memory-lifetime.ts";
import { MemoryLine } from "./memory-line.ts";
import { MemoryWrites } from "./memory-writes.ts";
import { SortedById } from "./sorted-by-id.ts";

/** One thread of the memory store: its lines, and the logs that they share. */
export class MemoryThread {
  readonly lines = new Map<string, MemoryLine>();
  /** The checkpoints of all lines. */
  readonly sorted = new SortedById<MemoryCheckpoint>();
  readonly writes = new MemoryWrites();
  readonly lifetime = new MemoryLifetime();
  /** The greatest id that was deleted. */
  deletedTo: string | undefined;
  private readonly logs = new Map<number, Map<number, Element>>();
  private epoch = 1;
  private nextLog = 0;

  state(): ThreadState {
    return { epoch: this.epoch, nextLog: this.nextLog };
  }

  add(checkpoint: MemoryCheckpoint): void {
    let line = this.lines.get(checkpoint.namespace);
    if (line === undefined) {
      line = new MemoryLine();
      this.lines.set(checkpoint.namespace, line);
    }
    line.add(checkpoint);
    this.sorted.add(checkpoint);
  }

  /** This thread, while it has not expired. */
  readable(nowMs: number): this | undefined {
    return this.lifetime.isOver(nowMs) ? undefined : this;
  }

  isEmpty(): boolean {
    return this.sorted.rows.length === 0 && this.writes.size === 0;
  }

  /** See `ThreadRetention.outline`. */
  outline(): ThreadOutline | undefined {
    if (this.isEmpty()) return undefined;
    const checkpoints = this.sorted.rows.map((checkpoint) => checkpoint.header());
    return { state: this.state(), sequence: this.sequence(), checkpoints, writes: this.writes.outline() };
  }

  /** Whether something happened since an outline that forbids to delete these places. */
  hasMoved(outline: ThreadOutline, places: readonly LinePlace[]): boolean {
    const named = new Set(places.map(keyOfPlace));
    const rows = this.sorted.rows;
    const known = rows.filter(({ sequence }) => sequence <= outline.sequence);
    if (outline.state.epoch !== this.epoch || known.length !== outline.checkpoints.length) return true;
    const rests = ({ namespace, id, parentId = id }: MemoryCheckpoint) =>
      named.has(keyOfPlace({ namespace, id })) || named.has(keyOfPlace({ namespace, id: parentId }));
    if (rows.some((row) => row.sequence > outline.sequence && rests(row))) return true;
    const count = (writes: ThreadOutline["writes"]) =>
      writes
        .filter(({ namespace, checkpointId }) => named.has(keyOfPlace({ namespace, id: checkpointId })))
        .reduce((sum, { channels }) => sum + channels.length, 0);
    return count(outline.writes) !== count(this.writes.outline());
  }

  /** Deletes checkpoints with their writes, and the elements that no other one names. */
  thin(places: readonly LinePlace[]): {
    readonly removed: ReadonlySet<MemoryCheckpoint>;
    readonly writes: number;
    readonly elements: number;
  } {
    const removed = new Set<MemoryCheckpoint>();
    let writes = 0;
    for (const { namespace, id } of places) {
      writes += this.writes.remove(namespace, id);
      const checkpoint = this.lines.get(namespace)?.get(id);
      if (checkpoint === undefined) continue;
      removed.add(checkpoint);
      this.remove(checkpoint);
    }
    const kept = new Set(this.read(this.sorted.rows.flatMap((row) => row.row().pieces)));
    let elements = 0;
    for (const log of this.logs.values()) {
      for (const [position, element] of log) {
        if (kept.has(element)) continue;
        log.delete(position);
        elements += 1;
      }
    }
    this.epoch += 1;
    return { removed, writes, elements };
  }

  /** Takes everything of another thread into this one, which is empty. */
  take(source: MemoryThread, name: string, nowMs: number): readonly MemoryCheckpoint[] {
    const copies = source.sorted.rows.map(
      (row) => new MemoryCheckpoint({ ...row.row(), thread: name }, row.sequence, row.savedAtMs),
    );
    for (const log of source.logs.values()) this.write([...log.values()]);
    for (const copy of copies) this.add(copy);
    this.writes.take(source.writes);
    this.nextLog = Math.max(this.nextLog, source.nextLog);
    this.epoch += 1;
    this.lifetime.take(source.lifetime, nowMs);
    return copies;
  }

  private sequence(): number {
    let greatest = 0;
    for (const { sequence } of this.sorted.rows) greatest = Math.max(greatest, sequence);
    return greatest;
  }

  /** Takes away a checkpoint that another one replaces; its elements stay. */
  remove(checkpoint: MemoryCheckpoint): void {
    this.lines.get(checkpoint.namespace)?.remove(checkpoint);
    this.sorted.remove(checkpoint);
  }

  /** Whether something that goes on from a checkpoint would go on from what was deleted. */
  revives(namespace: string, id: string): boolean {
    const isThere = this.lines.get(namespace)?.get(id) !== undefined;
    return !isThere && this.deletedTo !== undefined && byteOrder(id, this.deletedTo) <= 0;
  }

  /** A checkpoint went on from what was deleted: it counts as deleted itself, with what its tasks wrote. */
  refuse(namespace: string, id: string): void {
    this.raiseDeleted(id);
    this.writes.remove(namespace, id);
  }

  /** A checkpoint of the thread with its contents. */
  stored(checkpoint: MemoryCheckpoint): StoredCheckpoint {
    const row = checkpoint.row();
    const writes = this.writes.of(row.namespace, row.id);
    return { row, elements: this.read(row.pieces), writes, thread: this.state() };
  }

  /** True when a place of these elements is taken, or named twice. */
  collides(elements: readonly Element[]): boolean {
    const named = new Set<string>();
    for (const { log, position } of elements) {
      if (this.logs.get(log)?.has(position)) return true;
      named.add(`${log}/${position}`);
    }
    return named.size < elements.length;
  }

  /** Whether all of these elements are there as they are given. */
  has(elements: readonly Element[]): boolean {
    return elements.every(({ log, position, codec, text }) => {
      const known = this.logs.get(log)?.get(position);
      return known?.codec === codec && known.text === text;
    });
  }

  /** Keeps copies of elements that do not collide. */
  write(elements: readonly Element[]): void {
    for (const { log, position, codec, text } of elements) {
      let places = this.logs.get(log);
      if (places === undefined) {
        places = new Map();
        this.logs.set(log, places);
      }
      // Frozen, so that reading a state of thousands of elements need not copy them.
      places.set(position, Object.freeze({ log, position, codec, text }));
      this.nextLog = Math.max(this.nextLog, log + 1);
    }
  }

  /** Each element of each piece, once. */
  read(pieces: readonly Piece[]): readonly Element[] {
    const found = new Set<Element>();
    for (const [log, first, last] of pieces) {
      const places = this.logs.get(log);
      if (places === undefined) continue;
      const end = Math.max(first, last);
      for (let position = Math.min(first, last); position <= end; position += 1) {
        const element = places.get(position);
        if (element !== undefined) found.add(element);
      }
    }
    return [...found];
  }

  /** Forgets everything but the number of the next log; returns what it had. */
  clear(): ReadonlySet<MemoryCheckpoint> {
    const removed = new Set(this.sorted.rows);
    for (const id of [this.sorted.rows.at(-1)?.id, this.writes.greatestId()]) this.raiseDeleted(id);
    this.writes.clear();
    this.sorted.removeAll(removed);
    this.lines.clear();
    this.logs.clear();
    this.epoch += 1;
    this.lifetime.expiresAtMs = undefined;
    return removed;
  }

  private raiseDeleted(id: string | undefined): void {
    const isGreater = id !== undefined && byteOrder(id, this.deletedTo ?? "") > 0;
    if (isGreater) this.deletedTo = id;
  }
}

function keyOfPlace({ namespace, id }: LinePlace): string {
  return JSON.stringify([namespace, id]);
}
