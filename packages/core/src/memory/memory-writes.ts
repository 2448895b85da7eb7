import type { PendingWrite, WritesPut } from "../ports/checkpoint-store.ts";
import type { OutlinedWrites } from "../ports/thread-retention.ts";
import { byteOrder } from "./byte-order.ts";

/** What one task wrote, by index. */
interface TaskWrites extends Pick<WritesPut, "taskId" | "taskPath"> {
  readonly byIndex: Map<number, WritesPut["writes"][number]>;
}

/** The pending writes of one thread, by the checkpoint they belong to. */
export class MemoryWrites {
  private readonly byCheckpoint = new Map<string, Map<string, TaskWrites>>();

  get size(): number {
    return this.byCheckpoint.size;
  }

  put({ namespace, checkpointId, taskId, taskPath, writes, replaces }: WritesPut): void {
    if (writes.length === 0) return;
    const place = placeOf(namespace, checkpointId);
    const tasks = this.byCheckpoint.get(place) ?? new Map<string, TaskWrites>();
    const task = tasks.get(taskId) ?? { taskId, taskPath, byIndex: new Map() };
    for (const { index, channel, codec, text } of writes) {
      if (task.byIndex.has(index) && !replaces) continue;
      task.byIndex.set(index, Object.freeze({ index, channel, codec, text }));
    }
    tasks.set(taskId, task);
    this.byCheckpoint.set(place, tasks);
  }

  /** By path, then task, then index. */
  of(namespace: string, checkpointId: string): readonly PendingWrite[] {
    const tasks = [...(this.byCheckpoint.get(placeOf(namespace, checkpointId))?.values() ?? [])];
    const sorted = tasks.toSorted((one, other) => {
      return byteOrder(one.taskPath, other.taskPath) || byteOrder(one.taskId, other.taskId);
    });
    return sorted.flatMap(({ taskId, taskPath, byIndex }) => {
      const writes = [...byIndex.values()].toSorted((one, other) => one.index - other.index);
      return writes.map((write) => ({ taskId, taskPath, ...write }));
    });
  }

  /** The greatest id of a checkpoint that has writes. */
  greatestId(): string | undefined {
    return this.outline()
      .map(({ checkpointId }) => checkpointId)
      .toSorted(byteOrder)
      .at(-1);
  }

  /** To which channels each task wrote. */
  outline(): readonly OutlinedWrites[] {
    return [...this.byCheckpoint].flatMap(([place, tasks]) => {
      const [namespace, checkpointId] = JSON.parse(place) as [string, string];
      return [...tasks.values()].map(({ byIndex }) => {
        return { namespace, checkpointId, channels: [...byIndex.values()].map(({ channel }) => channel) };
      });
    });
  }

  /** Takes away those of a checkpoint; returns how many there were. */
  remove(namespace: string, checkpointId: string): number {
    const count = this.of(namespace, checkpointId).length;
    this.byCheckpoint.delete(placeOf(namespace, checkpointId));
    return count;
  }

  /** Takes copies of all that another thread has. */
  take(source: MemoryWrites): void {
    for (const [place, tasks] of source.byCheckpoint) {
      const copies = [...tasks].map(
        ([id, task]) => [id, { ...task, byIndex: new Map(task.byIndex) }] as const,
      );
      this.byCheckpoint.set(place, new Map(copies));
    }
  }

  clear(): void {
    this.byCheckpoint.clear();
  }
}

function placeOf(namespace: string, checkpointId: string): string {
  return JSON.stringify([namespace, checkpointId]);
}
