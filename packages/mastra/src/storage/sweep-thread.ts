import { StoreUnavailableError, type CheckpointStore } from "@wflo/core";

/** Deletes the parts of a thread that its checkpoints name no more. Best effort: the next sweep does what this one could not. */
export async function sweepThread(store: CheckpointStore, tenant: string, thread: string): Promise<void> {
  try {
    const outline = await store.outline(tenant, thread);
    if (outline !== undefined) await store.deleteCheckpoints(tenant, { thread, outline, places: [] });
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
  }
}
