import type { PendingWrite, WritesPut } from "../ports/checkpoint-store.ts";
import { byteOrder } from "./byte-order.ts";

/** The pending writes of one thread, by the checkpoint they belong to. */
export class MemoryWrites {
  private readonly byCheckpoint = new Map<string, Map<string, PendingWrite>>();
  private greatest: string | undefined;

  get size(): number {
    return this.byCheckpoint.size;
  }

  put({ namespace, checkpointId, writes, replaces }: WritesPut): void {
    const place = placeOf(namespace, checkpointId);
    const known = this.byCheckpoint.get(place) ?? new Map<string, PendingWrite>();
    for (const { taskId, taskPath, index, channel, codec, text } of writes) {
      const key = `${index} ${taskId}`;
      if (known.has(key) && !replaces) continue;
      known.set(key, Object.freeze({ taskId, taskPath, index, channel, codec, text }));
    }
    if (known.size === 0) return;
    this.byCheckpoint.set(place, known);
    if (byteOrder(checkpointId, this.greatest ?? "") > 0) this.greatest = checkpointId;
  }

  /** In their order. */
  of(namespace: string, checkpointId: string): readonly PendingWrite[] {
    const known = this.byCheckpoint.get(placeOf(namespace, checkpointId));
    return known === undefined ? [] : [...known.values()].toSorted(orderOfWrites);
  }

  /** The greatest id of a checkpoint that has writes. */
  greatestId(): string | undefined {
    return this.greatest;
  }

  clear(): void {
    this.byCheckpoint.clear();
    this.greatest = undefined;
  }
}

/** By path, then task, then index. */
function orderOfWrites(one: PendingWrite, other: PendingWrite): number {
  return (
    byteOrder(one.taskPath, other.taskPath) ||
    byteOrder(one.taskId, other.taskId) ||
    one.index - other.index
  );
}

function placeOf(namespace: string, checkpointId: string): string {
  return JSON.stringify([namespace, checkpointId]);
}
