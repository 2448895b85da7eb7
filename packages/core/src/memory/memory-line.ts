import type { CheckpointPlace } from "../ports/checkpoint-store.ts";
import type { MemoryCheckpoint } from "./memory-checkpoint.ts";
import { SortedById } from "./sorted-by-id.ts";

/** The checkpoints of one namespace of a thread. */
export class MemoryLine {
  readonly sorted = new SortedById<MemoryCheckpoint>();
  private readonly byId = new Map<string, MemoryCheckpoint>();
  private readonly children = new Map<string, MemoryCheckpoint[]>();

  add(checkpoint: MemoryCheckpoint): void {
    this.sorted.add(checkpoint);
    this.byId.set(checkpoint.id, checkpoint);
    const { parentId } = checkpoint;
    if (parentId === undefined) return;
    const siblings = this.children.get(parentId);
    if (siblings) siblings.push(checkpoint);
    else this.children.set(parentId, [checkpoint]);
  }

  remove(checkpoint: MemoryCheckpoint): void {
    this.sorted.remove(checkpoint);
    this.byId.delete(checkpoint.id);
    const siblings = this.children.get(checkpoint.parentId ?? "");
    siblings?.splice(siblings.indexOf(checkpoint), 1);
  }

  get(id: string): MemoryCheckpoint | undefined {
    return this.byId.get(id);
  }

  /** The checkpoint with the greatest id. */
  greatest(): MemoryCheckpoint | undefined {
    return this.sorted.before(undefined, 1, () => true)[0];
  }

  /** The checkpoint of a place, see `CheckpointStore.get`. */
  find({ id, name }: CheckpointPlace): MemoryCheckpoint | undefined {
    if (id !== undefined) return this.byId.get(id);
    if (name === undefined) return this.latest();
    return this.sorted.before(undefined, 1, (checkpoint) => checkpoint.name === name)[0];
  }

  /** From this checkpoint up, each once: a parent that never came, or came twice, ends it. */
  lineage(from: MemoryCheckpoint, limit: number): readonly MemoryCheckpoint[] {
    const ancestors = new Set<MemoryCheckpoint>();
    let at: MemoryCheckpoint | undefined = from;
    while (at !== undefined && ancestors.size < limit && !ancestors.has(at)) {
      ancestors.add(at);
      at = at.parentId === undefined ? undefined : this.byId.get(at.parentId);
    }
    return [...ancestors];
  }

  private latest(): MemoryCheckpoint | undefined {
    const greatest = this.greatest();
    if (greatest === undefined) return undefined;
    const family = new Set([greatest]);
    let newest: MemoryCheckpoint | undefined;
    // The set grows while it is read, until no descendant is new.
    for (const member of family) {
      for (const child of this.children.get(member.id) ?? []) {
        if (family.has(child)) continue;
        family.add(child);
        if (newest === undefined || child.sequence > newest.sequence) newest = child;
      }
    }
    return newest ?? greatest;
  }
}
