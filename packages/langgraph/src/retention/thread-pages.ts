import type { CheckpointStore, ThreadFilter, ThreadSummary } from "@wflo/core";

/** Threads that are looked at by one statement. */
const PAGE = 200;

/** All threads that a filter finds, in pages. */
export async function* threadPages(
  store: CheckpointStore,
  tenant: string,
  filter: Pick<ThreadFilter, "startsWith" | "containsAny">,
): AsyncGenerator<readonly ThreadSummary[]> {
  let after: string | undefined;
  do {
    const page = await store.threads(tenant, { ...filter, after, limit: PAGE });
    yield page.threads;
    ({ after } = page);
  } while (after !== undefined);
}
