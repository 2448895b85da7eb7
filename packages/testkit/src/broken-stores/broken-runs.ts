import type { RunStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** Stores that confuse the budgets and the lists of runs. */
export const brokenRuns: readonly BrokenStore[] = [
  {
    name: "lists runs from the oldest on",
    breaks: "lists runs from the newest on, whatever their ids are, page by page",
    wrap(database) {
      const list: RunStore["list"] = async (tenant, filter) =>
        (await database.runs.list(tenant, filter)).toReversed();
      return withMethods(database, { runs: { list } });
    },
  },
  {
    name: "lists runs by their ids",
    breaks: "lists runs from the newest on, whatever their ids are, page by page",
    wrap(database) {
      const list: RunStore["list"] = async (tenant, { before, ...filter }) => {
        const rows = await database.runs.list(tenant, { ...filter, limit: 1_000 });
        const page = rows.filter(({ id }) => before === undefined || id < before);
        return page.toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, filter.limit);
      };
      return withMethods(database, { runs: { list } });
    },
  },
  {
    name: "lists runs with all that they have",
    breaks: "lists runs without their inputs and results, which may be large",
    wrap(database) {
      const list: RunStore["list"] = async (tenant, filter) => {
        const rows = await database.runs.list(tenant, filter);
        const whole = await Promise.all(rows.map(({ id }) => database.runs.get(tenant, id)));
        return whole.filter((row) => row !== undefined);
      };
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
