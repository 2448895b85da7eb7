import type { RunStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";
import { epochOf } from "./epoch-of.ts";

/** A store that gives back what the dead calls of a run held, in claims at rest or in the others. */
function releasing(name: string, breaks: string, atRest: boolean): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const claim: RunStore["claim"] = async (tenant, runId, options) => {
        const verdict = await database.runs.claim(tenant, runId, options);
        if ((options.atRest ?? false) !== atRest) return verdict;
        const doubtful = await database.ledger.listEntries(tenant, { runId, inDoubt: true, limit: 100 });
        for (const { id, callId } of doubtful) {
          const correction = { callId, correctionId: `${id}/released`, costNanoUsd: 0n, receipt: {} };
          await database.ledger.correct(tenant, correction);
        }
        return verdict;
      };
      return withMethods(database, { runs: { claim } });
    },
  };
}

/** A store that takes the end of a run from any epoch, when the run is at rest or when it is not. */
function endedByAny(name: string, breaks: string, atRest: boolean): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const finish: RunStore["finish"] = async (tenant, end) => {
        const run = await database.runs.get(tenant, end.runId);
        const isOurs = run !== undefined && (run.status !== "running") === atRest;
        return database.runs.finish(tenant, isOurs ? { ...end, epoch: run.epoch } : end);
      };
      return withMethods(database, { runs: { finish } });
    },
  };
}

/** Stores that hand runs out to the wrong, or let those go on from whom they were taken. */
export const brokenClaims: readonly BrokenStore[] = [
  releasing(
    "releases the holds of a dead epoch",
    "closes the open holds of the dead epoch in doubt, charged in full",
    false,
  ),
  releasing(
    "releases the holds of a dead epoch when its run is claimed at rest",
    "closes the open holds of older epochs when a run is claimed at rest",
    true,
  ),
  endedByAny("lets an old epoch end the run", "refuses the end of a run from an epoch it has left", false),
  endedByAny(
    "lets an old epoch end a run that is at rest",
    "refuses older epochs once a run was claimed at rest",
    true,
  ),
  {
    name: "hands out live runs",
    breaks: "does not hand out a run that is alive",
    wrap(database) {
      const claim: RunStore["claim"] = async (tenant, runId, options) => {
        const run = await database.runs.get(tenant, runId);
        const isFirst = run?.epoch === 1 && !run.stale && options.atRest === undefined;
        return database.runs.claim(tenant, runId, { ...options, takeOver: options.takeOver || isFirst });
      };
      return withMethods(database, { runs: { claim } });
    },
  },
  {
    name: "hands out completed runs",
    breaks: "does not hand out a run that is completed",
    wrap(database) {
      const claim: RunStore["claim"] = async (tenant, runId, options) => {
        // A run that was claimed at rest before is left to the case about that.
        const isFirst = (await epochOf(database, tenant, runId)) === 1;
        const verdict = await database.runs.claim(tenant, runId, options);
        if (verdict.code !== "completed" || !isFirst) return verdict;
        return database.runs.claim(tenant, runId, { ...options, atRest: true });
      };
      return withMethods(database, { runs: { claim } });
    },
  },
  {
    name: "lets an old epoch keep the run alive",
    breaks: "refuses the heartbeat of an epoch that its run has left",
    wrap(database) {
      const heartbeat: RunStore["heartbeat"] = async (tenant, runId, epoch) => {
        const run = await database.runs.get(tenant, runId);
        // Runs at rest are left to the case about them.
        const isRunning = run?.status === "running";
        return database.runs.heartbeat(tenant, runId, isRunning ? run.epoch : epoch);
      };
      return withMethods(database, { runs: { heartbeat } });
    },
  },
];
