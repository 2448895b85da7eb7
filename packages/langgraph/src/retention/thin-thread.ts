import type { CheckpointStore, LinePlace, ThreadOutline } from "@wflo/core";

/** A thread that changes as often while it is looked at is left for the next time. */
const MAX_ATTEMPTS = 8;

/** How much of a thread was deleted. */
export interface Thinned {
  readonly checkpoints: number;
  readonly writes: number;
  readonly elements: number;
}

/** Deletes what a plan says of a thread, planning anew when something came meanwhile; `busy` when that did not end. */
export async function thinThread(
  store: CheckpointStore,
  tenant: string,
  thread: string,
  plan: (outline: ThreadOutline) => readonly LinePlace[],
): Promise<Thinned | "busy"> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const outline = await store.outline(tenant, thread);
    const places = outline === undefined ? [] : plan(outline);
    if (outline === undefined || places.length === 0) return { checkpoints: 0, writes: 0, elements: 0 };
    const verdict = await store.deleteCheckpoints(tenant, { thread, outline, places });
    if (verdict.code === "deleted") return verdict;
  }
  return "busy";
}
