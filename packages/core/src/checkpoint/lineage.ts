import type { CheckpointHeader } from "../ports/checkpoint-store.ts";

/** Which checkpoint of a branch: by id, by name, or one of several of a name, counted from 1. None of these: the latest. */
export interface CheckpointChoice {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: number | undefined;
}

/** The checkpoints that led to a place in the life of a run or thread, oldest first. What was rolled back is not among them. */
export class Lineage {
  readonly #rows: CheckpointHeader[];
  readonly #places: Map<string, number>;

  /** `rows`: oldest first. */
  constructor(rows: readonly CheckpointHeader[]) {
    this.#rows = [...rows];
    this.#places = new Map(rows.map(({ id }, at) => [id, at]));
  }

  get head(): CheckpointHeader | undefined {
    return this.#rows.at(-1);
  }

  get rows(): readonly CheckpointHeader[] {
    return this.#rows;
  }

  /** The place of a checkpoint among the rows; -1 when it is not one of them. */
  placeOf(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  /** A checkpoint was made here. */
  push(row: CheckpointHeader): void {
    this.#places.set(row.id, this.#rows.push(row) - 1);
  }

  /**
   * Whether what was done while this was the latest checkpoint counts here: not so when the branch goes on from there by a rollback
   * or as a fork. Undefined: what was done before the first checkpoint.
   */
  keeps(checkpointId: string | undefined): boolean {
    const at = checkpointId === undefined ? -1 : this.placeOf(checkpointId);
    if (checkpointId !== undefined && at === -1) return false;
    const next = this.#rows[at + 1];
    return next === undefined || next.kind === "save";
  }

  /** `within`: says of a row whether it was made where the one who asks is; such a one comes before others of its name. */
  find(
    { id, name, version }: CheckpointChoice,
    within: (row: CheckpointHeader) => boolean = () => true,
  ): CheckpointHeader | undefined {
    if (id !== undefined) return this.#rows[this.placeOf(id)];
    if (version !== undefined) return this.versions(name)[version - 1];
    if (name === undefined) return this.head;
    const ofName = (row: CheckpointHeader) => row.name === name;
    return this.#rows.findLast((row) => ofName(row) && within(row)) ?? this.#rows.findLast(ofName);
  }

  /** The saves of a name, oldest first. */
  versions(name: string | undefined): CheckpointHeader[] {
    return this.#rows.filter((row) => row.kind === "save" && (name === undefined || row.name === name));
  }
}
