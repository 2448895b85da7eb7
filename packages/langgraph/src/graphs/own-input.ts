import { RunNotResumableError } from "@wflo/core";

/** What is looked at of a checkpoint of a thread. */
export interface ThreadState {
  readonly checkpointId: string | undefined;
  readonly source: unknown;
  /** The run that made it, if it was made by one. */
  readonly runId: unknown;
}

/**
 * Whether a run has put its input into a thread that several runs work on; `states`: the thread's, newest first, of which those after
 * `since` count. Throws `RunNotResumableError` when another one has put in its own later: what is unfinished there is no longer this run's.
 */
export async function hasOwnInput(
  states: AsyncIterable<ThreadState>,
  { runId, threadId, since }: { readonly runId: string; readonly threadId: string; readonly since: string },
): Promise<boolean> {
  let isOwn = false;
  for await (const state of states) {
    // Their ids ascend; the checkpoint itself may have been pruned, and so may the run's input.
    if ((state.checkpointId ?? "") <= since) break;
    if (state.runId === runId) isOwn = true;
    if (state.source !== "input") continue;
    if (state.runId === runId) return true;
    throw new RunNotResumableError(
      runId,
      `others have gone on with its thread ${threadId} meanwhile. Start a new run with what is still to be done.`,
    );
  }
  return isOwn;
}
