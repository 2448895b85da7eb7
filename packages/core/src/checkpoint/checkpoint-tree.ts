import type { CheckpointHeader } from "../ports/checkpoint-store.ts";
import { notesOf } from "./checkpoint-notes.ts";
import { Lineage } from "./lineage.ts";

/** A branch that the code of a run was on, and the rollback by which it came there. */
export interface FormerBranch {
  readonly lineage: Lineage;
  /** Undefined for the branch it began on. */
  readonly enteredBy: CheckpointHeader | undefined;
}

/** All checkpoints of a run and of those it was forked off, by their parents. */
export class CheckpointTree {
  readonly #byId: Map<string, CheckpointHeader>;

  constructor(rows: readonly CheckpointHeader[]) {
    this.#byId = new Map(rows.map((row) => [row.id, row]));
  }

  get(id: string): CheckpointHeader | undefined {
    return this.#byId.get(id);
  }

  add(row: CheckpointHeader): void {
    this.#byId.set(row.id, row);
  }

  /** Where the line is: ids ascend, so it is the greatest. */
  headOf(namespace: string): CheckpointHeader | undefined {
    let head: CheckpointHeader | undefined;
    for (const row of this.#byId.values()) {
      if (row.namespace === namespace && (head === undefined || row.id > head.id)) head = row;
    }
    return head;
  }

  /** What led to a checkpoint, as far as it is still there. */
  lineageOf(head: CheckpointHeader | undefined): Lineage {
    const rows: CheckpointHeader[] = [];
    for (let at = head; at !== undefined && rows.length < this.#byId.size; at = this.#parentOf(at))
      rows.push(at);
    return new Lineage(rows.reverse());
  }

  /** The branches that code was on which rolled itself back on its way to `head`, in order; the last is the one it is on. */
  branchesTo(head: CheckpointHeader | undefined): FormerBranch[] {
    const branches: FormerBranch[] = [];
    for (let at = head, more = true; more;) {
      const lineage = this.lineageOf(at);
      const enteredBy = lineage.rows.findLast(
        (row) => row.kind === "rollback" && notesOf(row).leftAt !== undefined,
      );
      branches.push({ lineage, enteredBy });
      at = enteredBy && this.get(notesOf(enteredBy).leftAt ?? "");
      more = at !== undefined && branches.length <= this.#byId.size;
    }
    return branches.reverse();
  }

  #parentOf(row: CheckpointHeader): CheckpointHeader | undefined {
    return row.parentId === undefined ? undefined : this.#byId.get(row.parentId);
  }
}
