import type { StepRow } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";
import { epochOf } from "./epoch-of.ts";

const lastResultWins: BrokenStore = {
  name: "overwrites a step within an epoch",
  breaks: "keeps the first result of a step that is saved twice in an epoch",
  wrap(database) {
    const results = new Map<string, string>();
    const keyOf = (
      runId: string,
      { path, epoch, checkpointId }: Omit<StepRow, "result" | "tookMs" | "savedAt">,
    ) => JSON.stringify([runId, path, epoch, checkpointId]);
    return withMethods(database, {
      async commitStep(commit) {
        const verdict = await database.commitStep(commit);
        if (commit.checkpointId === undefined) results.set(keyOf(commit.runId, commit), commit.result);
        return verdict;
      },
      runs: {
        async steps(tenant, runId) {
          const steps = await database.runs.steps(tenant, runId);
          return steps.map((step) => {
            return { ...step, result: results.get(keyOf(runId, step)) ?? step.result };
          });
        },
      },
    });
  },
};

/** A store whose steps are what `bend` makes of the true ones. */
function bent(
  name: string,
  breaks: string,
  bend: (steps: readonly StepRow[]) => readonly StepRow[],
): BrokenStore {
  return {
    name,
    breaks,
    wrap: (database) =>
      withMethods(database, {
        runs: { steps: async (tenant, runId) => bend(await database.runs.steps(tenant, runId)) },
      }),
  };
}

/** Stores that lose, mix or overwrite the results of steps. */
export const brokenSteps: readonly BrokenStore[] = [
  lastResultWins,
  {
    name: "does not tell the result of a step that it had saved",
    breaks: "tells the result that stays when a step is saved again in its epoch",
    wrap: (database) =>
      withMethods(database, {
        async commitStep(commit) {
          const { code, settled } = await database.commitStep(commit);
          return { code, settled };
        },
      }),
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
  bent(
    "forgets after which checkpoint a step was saved",
    "keeps a step once for each checkpoint that it was saved after",
    (steps) => {
      // Newer epochs are left to the case about them.
      const isFirstEpoch = steps.every(({ epoch }) => epoch === 1);
      return steps.filter(({ path }, index) => {
        const later = steps.slice(index + 1);
        return !isFirstEpoch || !later.some((other) => other.path === path);
      });
    },
  ),
  bent("counts the time of steps in whole seconds", "shows how long a step took", (steps) =>
    steps.map((step) => ({
      ...step,
      tookMs: step.tookMs > 1_000 ? step.tookMs - (step.tookMs % 1_000) : step.tookMs,
    })),
  ),
];
