import type { CheckpointHeader } from "../ports/checkpoint-store.ts";

/** Which checkpoint of a branch: by id, by name, or one of several of a name, counted from 1. None of these: the latest. */
export interface CheckpointChoice {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: number | undefined;
}

/** The checkpoints that led to where a run or thread is now. What was rolled back is not among them. */
export class Lineage {
  readonly #rows: CheckpointHeader[];

  /** `rows`: oldest first. */
  constructor(rows: readonly CheckpointHeader[]) {
    this.#rows = [...rows];
  }

  get head(): CheckpointHeader | undefined {
    return this.#rows.at(-1);
  }

  get rows(): readonly CheckpointHeader[] {
    return this.#rows;
  }

  /** A checkpoint was made here. */
  push(row: CheckpointHeader): void {
    this.#rows.push(row);
  }

  /** A rollback to `target` was made: what came after it is left behind. */
  rollBack(target: CheckpointHeader, rollback: CheckpointHeader): void {
    this.#rows.splice(this.#rows.indexOf(target) + 1, Infinity, rollback);
  }

  /**
   * Whether what was done while this was the latest checkpoint counts on this branch: not so when the branch goes on from there by
   * a rollback or as a fork. Undefined: what was done before the first checkpoint.
   */
  keeps(checkpointId: string | undefined): boolean {
    const at = checkpointId === undefined ? -1 : this.#rows.findLastIndex(({ id }) => id === checkpointId);
    if (checkpointId !== undefined && at === -1) return false;
    const next = this.#rows[at + 1];
    return next === undefined || next.kind === "save";
  }

  find({ id, name, version }: CheckpointChoice): CheckpointHeader | undefined {
    if (id !== undefined) return this.#rows.find((row) => row.id === id);
    if (version !== undefined) return this.versions(name)[version - 1];
    return name === undefined ? this.head : this.#rows.findLast((row) => row.name === name);
  }

  /** The saves of a name, oldest first. */
  versions(name: string | undefined): CheckpointHeader[] {
    return this.#rows.filter((row) => row.kind === "save" && (name === undefined || row.name === name));
  }
}

/** What a choice means, for sentences. */
export function describeChoice({ id, name, version }: CheckpointChoice): string {
  if (id !== undefined) return `with the id ${id}`;
  const of = name === undefined ? "" : ` named "${name}"`;
  return version === undefined ? of.trim() || "at all" : `number ${version}${of}`;
}
