import type { Database } from "@wflo/core";

/** The epoch of a run; 0 when there is none. */
export async function epochOf({ runs }: Database, tenant: string, runId: string): Promise<number> {
  const run = await runs.get(tenant, runId);
  return run?.epoch ?? 0;
}
