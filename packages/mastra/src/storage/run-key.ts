import { createHash } from "node:crypto";

/** Which run: Mastra's ids are unique within a workflow. */
export interface RunKey {
  readonly workflowName: string;
  readonly runId: string;
}

/** Threads of runs and of other frameworks may have the same names. */
export const THREADS = "mastra/run/";
/** Longer texts are known by their digests, so that two of them fit into a key of every database. Characters. */
const MAX_CHARACTERS = 400;

/** A text of any length and any characters as one that is a part of every database's keys; equal texts only have equal ones. */
export function keyText(text: string): string {
  const escaped = text.isWellFormed() ? encodeURIComponent(text) : undefined;
  if (escaped !== undefined && escaped.length <= MAX_CHARACTERS) return escaped;
  // No escape begins like this.
  return `%~${createHash("sha256").update(JSON.stringify(text)).digest("hex")}`;
}

/** What the threads of all runs with an id begin with. */
export function threadsOf(runId: string): string {
  return `${THREADS}${keyText(runId)}/`;
}

/** The thread of a run. */
export function threadOf({ workflowName, runId }: RunKey): string {
  return threadsOf(runId) + keyText(workflowName);
}
