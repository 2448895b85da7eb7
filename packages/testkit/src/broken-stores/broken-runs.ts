import type { Database, RunStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

async function epochOf({ runs }: Database, tenant: string, runId: string): Promise<number> {
  const run = await runs.get(tenant, runId);
  return run?.epoch ?? 0;
}

const releasesDeadEpochs: BrokenStore = {
  name: "releases the holds of a dead epoch",
  breaks: "closes the open holds of the dead epoch in doubt, charged in full",
  wrap(database) {
    const claim: RunStore["claim"] = async (tenant, runId, options) => {
      const verdict = await database.runs.claim(tenant, runId, options);
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

const lastResultWins: BrokenStore = {
  name: "overwrites a step within an epoch",
  breaks: "keeps the first result of a step that is saved twice in an epoch",
  wrap(database) {
    const results = new Map<string, string>();
    const keyOf = (runId: string, path: string, epoch: number) => JSON.stringify([runId, path, epoch]);
    return withMethods(database, {
      async commitStep(commit) {
        const verdict = await database.commitStep(commit);
        results.set(keyOf(commit.runId, commit.path, commit.epoch), commit.result);
        return verdict;
      },
      runs: {
        async steps(tenant, runId) {
          const steps = await database.runs.steps(tenant, runId);
          return steps.map((step) => {
            return { ...step, result: results.get(keyOf(runId, step.path, step.epoch)) ?? step.result };
          });
        },
      },
    });
  },
};

/** Stores that confuse the epochs and the steps of runs. */
export const brokenRuns: readonly BrokenStore[] = [
  releasesDeadEpochs,
  lastResultWins,
  {
    name: "hands out live runs",
    breaks: "does not hand out a run that is alive",
    wrap(database) {
      const claim: RunStore["claim"] = async (tenant, runId, { takeOver }) => {
        const run = await database.runs.get(tenant, runId);
        const isFirst = run?.epoch === 1 && !run.stale;
        return database.runs.claim(tenant, runId, { takeOver: takeOver || isFirst });
      };
      return withMethods(database, { runs: { claim } });
    },
  },
  {
    name: "lets an old epoch end the run",
    breaks: "refuses the end of a run from an epoch it has left",
    wrap(database) {
      const finish: RunStore["finish"] = async (tenant, end) =>
        database.runs.finish(tenant, { ...end, epoch: await epochOf(database, tenant, end.runId) });
      return withMethods(database, { runs: { finish } });
    },
  },
  {
    name: "lets an old epoch keep the run alive",
    breaks: "refuses the heartbeat of an epoch that its run has left",
    wrap(database) {
      const heartbeat: RunStore["heartbeat"] = async (tenant, runId) =>
        database.runs.heartbeat(tenant, runId, await epochOf(database, tenant, runId));
      return withMethods(database, { runs: { heartbeat } });
    },
  },
  {
    name: "drops the settles of a superseded step",
    breaks: "settles the calls of a superseded step",
    wrap: (database) =>
      withMethods(database, {
        async commitStep(commit) {
          const epoch = await epochOf(database, commit.tenant, commit.runId);
          return epoch > commit.epoch ? { code: "superseded", settled: [] } : database.commitStep(commit);
        },
      }),
  },
  {
    name: "saves the result of a superseded step",
    breaks: "does not save the result of a superseded step",
    wrap: (database) =>
      withMethods(database, {
        async commitStep(commit) {
          const epoch = await epochOf(database, commit.tenant, commit.runId);
          return database.commitStep({ ...commit, epoch: Math.max(epoch, commit.epoch) });
        },
      }),
  },
  {
    name: "lists runs from the oldest on",
    breaks: "lists runs from the newest on, page by page",
    wrap(database) {
      const list: RunStore["list"] = async (tenant, filter) =>
        (await database.runs.list(tenant, filter)).toReversed();
      return withMethods(database, { runs: { list } });
    },
  },
  {
    name: "mixes the runs of tenants",
    breaks: "keeps the runs of tenants with the same ids apart",
    wrap(database) {
      const get: RunStore["get"] = (tenant, runId) =>
        database.runs.get(tenant === "globex" ? "acme" : tenant, runId);
      return withMethods(database, { runs: { get } });
    },
  },
];
