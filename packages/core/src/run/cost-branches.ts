import { CheckpointTree } from "../checkpoint/checkpoint-tree.ts";
import type { CheckpointHeader } from "../ports/checkpoint-store.ts";

/** Which of the work of a run is on the branch that it is on, and where the rest left it. */
export class CostBranches {
  readonly #tree: CheckpointTree;
  /** The checkpoint where work left the branch, by the checkpoint it was done after; undefined for work on the branch. */
  readonly #leftAt = new Map<string, string | undefined>();

  /** `rows`: all checkpoints of the run, in any order. */
  constructor(rows: readonly CheckpointHeader[], runId: string) {
    this.#tree = new CheckpointTree(rows);
    const lineage = this.#tree.lineageOf(this.#tree.headOf(runId));
    for (const { id } of lineage.rows) this.#leftAt.set(id, lineage.keeps(id) ? undefined : id);
    // A child has the greater id: its parent is known when it comes.
    for (const { id, parentId } of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      if (lineage.placeOf(id) !== -1) continue;
      const isFromBranch = parentId !== undefined && lineage.placeOf(parentId) !== -1;
      this.#leftAt.set(id, isFromBranch ? parentId : ((parentId && this.#leftAt.get(parentId)) ?? id));
    }
  }

  /** Whether what was done after this checkpoint is on the branch that the run is on. */
  keeps(checkpointId: string | undefined): boolean {
    return this.leftAt(checkpointId) === undefined;
  }

  /** The checkpoint at which work left the run's branch; undefined for work that is on it. */
  leftAt(checkpointId: string | undefined): string | undefined {
    if (checkpointId === undefined) return undefined;
    return this.#leftAt.has(checkpointId) ? this.#leftAt.get(checkpointId) : checkpointId;
  }

  nameOf(checkpointId: string): string {
    return this.#tree.get(checkpointId)?.name ?? checkpointId;
  }
}
