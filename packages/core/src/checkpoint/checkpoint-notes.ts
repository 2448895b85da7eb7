import type { CheckpointHeader } from "../ports/checkpoint-store.ts";
import { decode, encode } from "./codec.ts";

/** A step that failed: its path, and its error as the codec wrote it. */
export type NotedFailure = readonly [path: string, error: string];

/** What is noted beside the state of a checkpoint. */
export interface CheckpointNotes {
  /** By `stateDigest`: equal states have equal ones. */
  readonly digest?: string | undefined;
  /** Of a rollback that the code of a run made: the checkpoint that was the latest before, undefined when others rolled back. */
  readonly leftAt?: string | undefined;
  /** The step in which the code did so. */
  readonly by?: string | undefined;
  /** The steps that had failed on the branch that it left, in order; a replay of that branch lets them fail the same way. */
  readonly failed?: readonly NotedFailure[] | undefined;
}

/** The notes as the store keeps them. */
export function writeNotes(notes: CheckpointNotes): string {
  return encode(Object.fromEntries(Object.entries(notes).filter(([, note]) => note !== undefined)), "notes");
}

/** The notes of a checkpoint. */
export function notesOf({ metadata }: Pick<CheckpointHeader, "metadata">): CheckpointNotes {
  return decode(metadata) as CheckpointNotes;
}
