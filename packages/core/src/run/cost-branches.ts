import { Lineage } from "../checkpoint/lineage.ts";
import type { CheckpointHeader } from "../ports/checkpoint-store.ts";

/** The checkpoints of a run as a tree: which lead to where it is now, and where the others left that branch. */
export class CostBranches {
  readonly #byId: ReadonlyMap<string, CheckpointHeader>;
  readonly #lineage: Lineage;

  /** `rows`: all checkpoints of the run, in any order. Ids ascend, so that the greatest is where the run is. */
  constructor(rows: readonly CheckpointHeader[]) {
    this.#byId = new Map(rows.map((row) => [row.id, row]));
    const path: CheckpointHeader[] = [];
    let at = rows.reduce<CheckpointHeader | undefined>(
      (latest, row) => (latest === undefined || row.id > latest.id ? row : latest),
      undefined,
    );
    for (; at !== undefined && path.length < rows.length; at = this.#parentOf(at)) path.unshift(at);
    this.#lineage = new Lineage(path);
  }

  /** Whether what was done after this checkpoint is on the branch that the run is on. */
  keeps(checkpointId: string | undefined): boolean {
    return checkpointId === undefined || this.#lineage.keeps(checkpointId);
  }

  /** The checkpoint at which work left the run's branch; undefined for work that is on it. */
  leftAt(checkpointId: string | undefined): string | undefined {
    if (checkpointId === undefined || this.keeps(checkpointId)) return undefined;
    const onBranch = new Set(this.#lineage.rows);
    let at = this.#byId.get(checkpointId);
    for (let depth = 0; at !== undefined && depth < this.#byId.size; depth++) {
      if (onBranch.has(at)) return at.id;
      at = this.#parentOf(at);
    }
    return checkpointId;
  }

  nameOf(checkpointId: string): string {
    return this.#byId.get(checkpointId)?.name ?? checkpointId;
  }

  #parentOf(row: CheckpointHeader): CheckpointHeader | undefined {
    return row.parentId === undefined ? undefined : this.#byId.get(row.parentId);
  }
}
