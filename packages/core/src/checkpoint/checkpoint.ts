import type { CheckpointHeader, CheckpointKind } from "../ports/checkpoint-store.ts";

/** A saved state, as lists show it. */
export interface CheckpointInfo {
  readonly id: string;
  readonly name: string;
  /** What made it: `save`, `rollback` or `fork`. */
  readonly kind: CheckpointKind;
  readonly parentId: string | undefined;
  /** The step in which it was made; undefined between steps and outside of runs. */
  readonly step: string | undefined;
  readonly savedAt: Date;
}

/** A saved state, read back. */
export interface Checkpoint<State = unknown> extends CheckpointInfo {
  readonly state: State;
}

/** What a list shows of a row. */
export function infoOf({ id, name, kind, parentId, step, savedAt }: CheckpointHeader): CheckpointInfo {
  return { id, name, kind, parentId, step, savedAt };
}
