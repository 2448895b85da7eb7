import { infoOf, type Checkpoint } from "../checkpoint/checkpoint.ts";
import { describeChoice } from "../checkpoint/checkpoint-choice.ts";
import type { CheckpointEngine } from "../checkpoint/checkpoint-engine.ts";
import type { CheckpointTree } from "../checkpoint/checkpoint-tree.ts";
import type { CheckpointChoice, Lineage } from "../checkpoint/lineage.ts";
import type { RememberedState } from "../checkpoint/remembered.ts";
import { UnknownCheckpointError } from "../errors/unknown-checkpoint-error.ts";
import type { CheckpointHeader, StoredCheckpoint } from "../ports/checkpoint-store.ts";

/** The saved states of a run, and of those it was forked off: finds and reads them. */
export class RunStates {
  readonly #runId: string;
  readonly #engine: CheckpointEngine;
  readonly #tree: CheckpointTree;
  /** What the digests of a name were last made of. */
  readonly #digested = new Map<string, RememberedState>();

  constructor(runId: string, engine: CheckpointEngine, tree: CheckpointTree) {
    this.#runId = runId;
    this.#engine = engine;
    this.#tree = tree;
  }

  /** On a lineage, as `Lineage.find`; by its id also what was left behind is found. */
  find(
    lineage: Lineage,
    choice: CheckpointChoice,
    within?: (row: CheckpointHeader) => boolean,
  ): CheckpointHeader | undefined {
    return lineage.find(choice, within) ?? (choice.id === undefined ? undefined : this.#tree.get(choice.id));
  }

  /** The same. Throws `UnknownCheckpointError` when there is none. */
  get(lineage: Lineage, choice: CheckpointChoice): CheckpointHeader {
    const row = this.find(lineage, choice);
    if (row === undefined) throw new UnknownCheckpointError(this.#runId, describeChoice(choice));
    return row;
  }

  /** Throws `UnknownCheckpointError` when it was deleted. */
  async stored({ thread, namespace, id, name }: CheckpointHeader): Promise<StoredCheckpoint> {
    const stored = await this.#engine.find({ thread, namespace, id });
    if (stored === undefined) throw new UnknownCheckpointError(this.#runId, `${name} any more`);
    return stored;
  }

  checkpointOf(stored: StoredCheckpoint): Checkpoint {
    return { ...infoOf(stored.row), state: this.#engine.stateOf(stored) };
  }

  /** What `notes.digest` of a state of this name would be. Throws `UnsavableValueError`. */
  digestOf(name: string, state: unknown): string {
    const { digest, remembered } = this.#engine.digestOf(state, name, this.#digested.get(name));
    this.#digested.set(name, remembered);
    return digest;
  }
}
