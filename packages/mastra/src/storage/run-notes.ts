import { InvalidOptionError } from "@wflo/core";
import { getSnapshotMemoryInfo, type StorageListWorkflowRunsInput } from "@mastra/core/storage";
import { keyText, type RunKey } from "./run-key.ts";

/** The form of the notes. */
const FORM = 1;

/** What is noted beside the state of a run, for lists: texts as `keyText` has them, times in milliseconds. */
export interface RunNotes {
  readonly run: string;
  readonly resource?: string | undefined;
  readonly status?: string | undefined;
  /** The thread of Mastra's memory that a suspended agent works in. */
  readonly thread?: string | undefined;
  readonly created: number;
  readonly updated: number;
  /** How often the run was saved. */
  readonly version: number;
  /** Tells a save from another's that says the same at the same moment: of the two one is refused. */
  readonly by: string;
}

/** The notes as the store keeps them: JSON that can be searched. */
export function writeNotes(notes: RunNotes): string {
  return JSON.stringify({ mastra: FORM, ...notes });
}

/** The notes of a run that is stored. */
export function readNotes(metadata: string): RunNotes {
  return JSON.parse(metadata) as RunNotes;
}

/** What a state says of itself. */
export function notesOf({ runId }: RunKey, snapshot: unknown): Pick<RunNotes, "run" | "status" | "thread"> {
  const isState = typeof snapshot === "object" && snapshot !== null;
  const { status } = (isState ? snapshot : {}) as { readonly status?: unknown };
  return {
    run: keyText(runId),
    status: typeof status === "string" ? keyText(status) : undefined,
    thread: isState ? threadIn(snapshot) : undefined,
  };
}

/** JSON that the notes of all sought runs contain; undefined where it is all of them, which need not be looked into. */
export function soughtNotes({
  status,
  resourceId,
  threadId,
}: StorageListWorkflowRunsInput): string | undefined {
  if (!status && !resourceId && !threadId) return undefined;
  const key = (text: string | undefined) => (text ? keyText(text) : undefined);
  return JSON.stringify({
    mastra: FORM,
    status: key(status),
    resource: key(resourceId),
    thread: key(threadId),
  });
}

/** Milliseconds. Throws `InvalidOptionError` for what is no time. */
export function timeOf(what: string, date: Date | undefined, otherwise: number): number {
  if (date === undefined) return otherwise;
  const ms = new Date(date).getTime();
  if (Number.isFinite(ms)) return ms;
  throw new InvalidOptionError(`${what} is no time: ${String(date)}.`);
}

function threadIn(snapshot: object): string | undefined {
  const threadId: unknown = getSnapshotMemoryInfo(
    snapshot as Parameters<typeof getSnapshotMemoryInfo>[0],
  )?.threadId;
  return typeof threadId === "string" ? keyText(threadId) : undefined;
}
