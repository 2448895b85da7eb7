import type {
  CheckpointHeader,
  CheckpointKind,
  CheckpointPlace,
  Element,
  PutVerdict,
  StoredCheckpoint,
  ThreadState,
} from "@wflo/core";
import { readPieces } from "./pieces-text.ts";

/** A verdict of `wflo.put_checkpoint`; times in milliseconds. */
export type PutJson =
  | { readonly code: "saved" | "replay"; readonly savedAt: number; readonly thread: ThreadState }
  | { readonly code: "stale" | "moved" | "collision"; readonly thread: ThreadState }
  | { readonly code: "superseded" };

/** Reads the verdict of a put. */
export function readPut(json: PutJson): PutVerdict {
  switch (json.code) {
    case "saved":
    case "replay":
      return { code: json.code, savedAt: new Date(json.savedAt), thread: json.thread };
    case "superseded":
      return { code: json.code };
    default:
      return { code: json.code, thread: json.thread };
  }
}

/** A row of `wflo.get_checkpoint`: the first one, which has no log, is the checkpoint, the others are elements. */
export type CheckpointCells = readonly [
  log: string | null,
  position: string | null,
  codec: string | null,
  text: string,
];

/** Reads a checkpoint; undefined when there are no rows. */
export function readStored(
  place: CheckpointPlace,
  cells: readonly CheckpointCells[],
): StoredCheckpoint | undefined {
  const head = cells.find(([log]) => log === null);
  if (head === undefined) return undefined;
  const { thread, parentId, step, pieces, savedAt, ...row } = JSON.parse(head[3]) as HeadJson;
  return {
    row: {
      ...row,
      thread: place.thread,
      namespace: place.namespace,
      parentId: parentId ?? undefined,
      step: step ?? undefined,
      pieces: readPieces(pieces),
      savedAt: new Date(savedAt),
    },
    elements: cells.flatMap((cell) => (cell === head ? [] : [readElement(cell)])),
    thread,
  };
}

interface HeadJson {
  readonly id: string;
  readonly parentId: string | null;
  readonly kind: CheckpointKind;
  readonly name: string;
  readonly step: string | null;
  readonly manifest: string;
  readonly pieces: string;
  readonly metadata: string;
  readonly savedAt: number;
  readonly thread: ThreadState;
}

function readElement([log, position, codec, text]: CheckpointCells): Element {
  return { log: Number(log), position: Number(position), codec: Number(codec), text };
}

/** A header as drizzle reads it. */
export interface HeaderRecord extends Omit<CheckpointHeader, "parentId" | "step"> {
  readonly parentId: string | null;
  readonly step: string | null;
}

/** Reads a header. */
export function readHeader(row: HeaderRecord): CheckpointHeader {
  return { ...row, parentId: row.parentId ?? undefined, step: row.step ?? undefined };
}
