import type { Element, Piece, StoredCheckpoint, ThreadState } from "../ports/checkpoint-store.ts";
import type { MemoryCheckpoint } from "./memory-checkpoint.ts";
import { byteOrder } from "./byte-order.ts";
import { MemoryLine } from "./memory-line.ts";
import { MemoryWrites } from "./memory-writes.ts";
import { SortedById } from "./sorted-by-id.ts";

/** One thread of the memory store: its lines, and the logs that they share. */
export class MemoryThread {
  readonly lines = new Map<string, MemoryLine>();
  /** The checkpoints of all lines. */
  readonly sorted = new SortedById<MemoryCheckpoint>();
  readonly writes = new MemoryWrites();
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
    for (const id of [this.sorted.rows.at(-1)?.id, this.writes.greatestId()]) {
      const isGreater = id !== undefined && byteOrder(id, this.deletedTo ?? "") > 0;
      if (isGreater) this.deletedTo = id;
    }
    this.writes.clear();
    this.sorted.removeAll(removed);
    this.lines.clear();
    this.logs.clear();
    this.epoch += 1;
    return removed;
  }
}
