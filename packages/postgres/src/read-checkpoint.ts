import type {
  ChannelWalk,
  CheckpointHeader,
  CheckpointKind,
  Element,
  PendingWrite,
  PutVerdict,
  StoredCheckpoint,
  ThreadState,
} from "@wflo/core";
import { readPieces } from "./pieces-text.ts";
import type { TextUnpacker } from "./text-unpacker.ts";

/** A verdict of `wflo.put_checkpoint`; times in milliseconds. */
export type PutJson =
  | { readonly code: "saved" | "replay"; readonly savedAt: number; readonly thread: ThreadState }
  | { readonly code: "stale" | "moved" | "collision"; readonly thread: ThreadState }
  | { readonly code: "superseded" | "deleted" };

/** Reads the verdict of a put. */
export function readPut(json: PutJson): PutVerdict {
  switch (json.code) {
    case "saved":
    case "replay":
      return { code: json.code, savedAt: new Date(json.savedAt), thread: json.thread };
    case "superseded":
    case "deleted":
      return { code: json.code };
    default:
      return { code: json.code, thread: json.thread };
  }
}

/** A row of `wflo.content`, see `migrations/0008_frameworks.sql`. */
export type ContentCells = readonly [
  kind: string,
  of: string,
  log: string | null,
  position: string | null,
  codec: string | null,
  text: string,
  label: string | null,
];

/** Reads checkpoints with their contents, in the order in which they came. */
export function readStored(
  cells: readonly ContentCells[],
  unpacker: TextUnpacker,
): readonly StoredCheckpoint[] {
  return [...storedByNumber(cells, unpacker).values()];
}

/** Reads a walk. */
export function readWalk(cells: readonly ContentCells[], unpacker: TextUnpacker): ChannelWalk {
  const stored = storedByNumber(cells, unpacker);
  const ends = cells.flatMap(([kind, of, , , , , label]) => {
    const found = kind === "c" ? stored.get(of) : undefined;
    return found === undefined ? [] : [{ channels: JSON.parse(label ?? "[]") as string[], stored: found }];
  });
  const writes = cells.filter(([kind]) => kind === "w").map((cell) => readWrite(cell, unpacker));
  return { writes, ends };
}

/** By the numbers they have in the answer. The checkpoints of a thread in one answer share their elements. */
function storedByNumber(
  cells: readonly ContentCells[],
  unpacker: TextUnpacker,
): ReadonlyMap<string, StoredCheckpoint> {
  const elements = groupOf(cells, "e", (cell) => readElement(cell, unpacker));
  const writes = groupOf(cells, "w", (cell) => readWrite(cell, unpacker));
  const ofThread = new Map<string, readonly Element[]>();
  const heads = cells.filter(([kind]) => kind === "c");
  return new Map(
    heads.map(([, of, , , , text]) => {
      const { thread, owner, parentId, step, pieces, savedAt, ...header } = JSON.parse(text) as HeadJson;
      const own = elements.get(of);
      if (own !== undefined) ofThread.set(owner, own);
      const row = {
        ...header,
        thread: owner,
        parentId: parentId ?? undefined,
        step: step ?? undefined,
        pieces: readPieces(pieces),
        savedAt: new Date(savedAt),
      };
      const shared = own ?? ofThread.get(owner) ?? [];
      return [of, { row, elements: shared, writes: writes.get(of) ?? [], thread }];
    }),
  );
}

function groupOf<T>(
  cells: readonly ContentCells[],
  kind: string,
  read: (cells: ContentCells) => T,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const cell of cells) {
    if (cell[0] !== kind) continue;
    const group = groups.get(cell[1]);
    if (group) group.push(read(cell));
    else groups.set(cell[1], [read(cell)]);
  }
  return groups;
}

interface HeadJson {
  readonly owner: string;
  readonly namespace: string;
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

function readElement([, , log, position, codec, text, label]: ContentCells, unpacker: TextUnpacker): Element {
  const unpacked = label === null ? text : unpacker.unpack(text);
  return { log: Number(log), position: Number(position), codec: Number(codec), text: unpacked };
}

function readWrite([, , , index, codec, text, label]: ContentCells, unpacker: TextUnpacker): PendingWrite {
  const [taskId, taskPath, channel, isPacked] = JSON.parse(label ?? "[]") as [
    string,
    string,
    string,
    boolean,
  ];
  const unpacked = isPacked ? unpacker.unpack(text) : text;
  return { taskId, taskPath, index: Number(index), channel, codec: Number(codec), text: unpacked };
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
