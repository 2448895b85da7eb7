import type { RunStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";
import { epochOf } from "./epoch-of.ts";

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

/** Stores that confuse the epochs, the budgets and the lists of runs. */
export const brokenRuns: readonly BrokenStore[] = [
  releasesDeadEpochs,
  {
    name: "hands out live runs",
    breaks: "does not hand out a run that is alive",
    wrap(database) {
      const claim: RunStore["claim"] = async (tenant, runId, { takeOver, reopen }) => {
        const run = await database.runs.get(tenant, runId);
        const isFirst = run?.epoch === 1 && !run.stale && reopen === undefined;
        return database.runs.claim(tenant, runId, { takeOver: takeOver || isFirst, reopen });
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
  {
    name: "hands out completed runs",
    breaks: "does not hand out a run that is completed",
    wrap(database) {
      const claim: RunStore["claim"] = (tenant, runId, options) =>
        database.runs.claim(tenant, runId, { ...options, reopen: true });
      return withMethods(database, { runs: { claim } });
    },
  },
  {
    name: "forgets the budget of a new run",
    breaks: "makes the budget of a run together with the run",
    wrap(database) {
      const create: RunStore["create"] = (tenant, { ownBudget, ...run }) => {
        // Only where the run is reserved on it: the case about racing starts looks at budgets alone.
        const isForgotten = run.budgetIds.length === 1;
        return database.runs.create(tenant, isForgotten ? run : { ...run, ownBudget });
      };
      return withMethods(database, { runs: { create } });
    },
  },
  {
    name: "sets a budget anew that has the id of a run's own",
    breaks: "leaves a budget alone that has the id of a run's own",
    wrap(database) {
      const create: RunStore["create"] = async (tenant, run) => {
        const { id, totalNanoUsd } = run.ownBudget ?? { id: "", totalNanoUsd: 0n };
        const [old] = await database.ledger.getBudgets(tenant, [id]);
        if (old !== undefined)
          await database.ledger.setBudget(tenant, { ...old, caps: { total: totalNanoUsd } });
        return database.runs.create(tenant, run);
      };
      return withMethods(database, { runs: { create } });
    },
  },
  {
    name: "makes the budget of a run before it knows whether there is one",
    breaks: "makes no budget for a run that exists already",
    wrap(database) {
      const create: RunStore["create"] = async (tenant, run) => {
        const created = await database.runs.create(tenant, run);
        const { ownBudget } = run;
        if (created || ownBudget === undefined) return created;
        // Not where another start of the run has made its own: that is left to the case about racing starts.
        const budgets = await database.ledger.listBudgets(tenant, { limit: 1 });
        const caps = { total: ownBudget.totalNanoUsd };
        if (budgets.length === 0)
          await database.ledger.setBudget(tenant, { id: ownBudget.id, caps, onExpiry: "charge", warnAt: [] });
        return created;
      };
      return withMethods(database, { runs: { create } });
    },
  },
  {
    name: "takes a forked run for one that is running",
    breaks: "begins a forked run paused, with where it comes from",
    wrap(database) {
      const get: RunStore["get"] = async (tenant, runId) => {
        const run = await database.runs.get(tenant, runId);
        return run?.forkedFrom && run.epoch === 1 ? { ...run, status: "running" } : run;
      };
      return withMethods(database, { runs: { get } });
    },
  },
  {
    name: "takes a part of a tag for the tag",
    breaks: "filters runs by tag, each by the letter",
    wrap(database) {
      const list: RunStore["list"] = async (tenant, { tag = "", ...filter }) => {
        const runs = await database.runs.list(tenant, filter);
        return tag === "" ? runs : runs.filter(({ tags }) => tags.join(",").includes(tag));
      };
      return withMethods(database, { runs: { list } });
    },
  },
  {
    name: "leaves out what was created at the very moment that is asked for",
    breaks: "lists the runs that were created at a moment or later",
    wrap(database) {
      const list: RunStore["list"] = async (tenant, filter) => {
        const runs = await database.runs.list(tenant, filter);
        return runs.filter(({ createdAt }) => createdAt.getTime() !== filter.since?.getTime());
      };
      return withMethods(database, { runs: { list } });
    },
  },
];
