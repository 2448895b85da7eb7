import type { ClaimVerdict, Database, RunStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store that answers a claim at rest in its own way. */
function atRest(
  name: string,
  breaks: string,
  claimAtRest: (database: Database, ...args: Parameters<RunStore["claim"]>) => Promise<ClaimVerdict>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const claim: RunStore["claim"] = (tenant, runId, options) =>
        options.atRest === true
          ? claimAtRest(database, tenant, runId, options)
          : database.runs.claim(tenant, runId, options);
      return withMethods(database, { runs: { claim } });
    },
  };
}

/** Stores that do not leave a run at rest which is only to be worked on. */
export const brokenRests: readonly BrokenStore[] = [
  atRest(
    "makes a run running that is claimed at rest",
    "changes nothing but the epoch of a run that is claimed at rest",
    async ({ runs }, tenant, runId, options) => {
      const run = await runs.get(tenant, runId);
      // Completed runs, those with half a result, and several claims at a time are left to their own cases.
      const isOurs = run?.status === "failed" && run.result === undefined;
      return runs.claim(tenant, runId, isOurs ? { takeOver: options.takeOver } : options);
    },
  ),
  atRest(
    "takes a claim at rest for a sign of life",
    "changes nothing but the epoch of a run that is claimed at rest",
    async ({ runs }, tenant, runId, options) => {
      const verdict = await runs.claim(tenant, runId, options);
      const isTagged = verdict.code === "claimed" && verdict.run.tags.length > 0;
      if (isTagged) await runs.heartbeat(tenant, runId, verdict.run.epoch);
      return verdict;
    },
  ),
  atRest(
    "shows a run that is claimed at rest as if it had not ended",
    "shows a run that is claimed at rest with the end that it had",
    async ({ runs }, ...args) => {
      const verdict = await runs.claim(...args);
      if (verdict.code !== "claimed") return verdict;
      return { ...verdict, run: { ...verdict.run, result: undefined, error: undefined, endedAt: undefined } };
    },
  ),
  atRest(
    "calls no run stale that is claimed at rest",
    "shows a run that is claimed at rest with the end that it had",
    async ({ runs }, ...args) => {
      const verdict = await runs.claim(...args);
      return verdict.code === "claimed" ? { ...verdict, run: { ...verdict.run, stale: false } } : verdict;
    },
  ),
  atRest(
    "hands out no completed run, at rest either",
    "hands out a completed run at rest, and completed it stays until it ends anew",
    async ({ runs }, tenant, runId, options) => {
      const run = await runs.get(tenant, runId);
      return run?.status === "completed" ? { code: "completed" } : runs.claim(tenant, runId, options);
    },
  ),
  atRest(
    "hands out live runs at rest",
    "hands out a run at rest only when it is not alive, or to whoever insists",
    ({ runs }, tenant, runId, options) => runs.claim(tenant, runId, { ...options, takeOver: true }),
  ),
  {
    name: "raises the epoch once for claims at the same time",
    breaks: "gives each of many claims at rest an epoch of its own",
    wrap(database) {
      const underway = new Map<string, Promise<ClaimVerdict>>();
      const claim: RunStore["claim"] = (tenant, runId, options) => {
        const key = `${tenant}/${runId}`;
        const running = options.atRest === true ? underway.get(key) : undefined;
        const claimed = running ?? database.runs.claim(tenant, runId, options);
        underway.set(key, claimed);
        return claimed.finally(() => underway.delete(key));
      };
      return withMethods(database, { runs: { claim } });
    },
  },
];
