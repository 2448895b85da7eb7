import { checkName } from "../budget/check-name.ts";
import { checkOptions, type OptionNames } from "../budget/check-options.ts";
import type { PageFilter } from "../budget/page-filter.ts";
import { pageSize } from "../budget/page-size.ts";
import { decode } from "../checkpoint/codec.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { isUuid } from "../ports/ids.ts";
import type { ListedRun, RunFilter, RunStatus } from "../ports/run-store.ts";
import type { CostBreakdown } from "./cost-breakdown.ts";
import { asError } from "./error-text.ts";
import { finishedSteps, loadBranch } from "./run-branch.ts";
import { runCost } from "./run-cost.ts";
import type { RunServices } from "./run-services.ts";

const DEFAULT_PAGE = 50;

/** One run in a list. */
export interface RunSummary {
  readonly id: string;
  readonly workflow: string;
  /** `stale`: still `running`, but its process shows no sign of life; it can be resumed. */
  readonly status: RunStatus | "stale";
  readonly epoch: number;
  readonly budgetIds: readonly string[];
  readonly tags: readonly string[];
  /** 32 hexadecimal digits, as W3C trace context writes them. */
  readonly traceId: string;
  /** The run and checkpoint it was forked off. */
  readonly forkedFrom: { readonly runId: string; readonly checkpointId: string } | undefined;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
  /** From its creation to its end, pauses included; undefined while it runs. */
  readonly durationMs: number | undefined;
  /** Why it is paused or failed. What was thrown and is no Error is its `cause`. */
  readonly error: Error | undefined;
}

/** One run with what it was given, what it gave, its saved steps and its cost. */
export interface RunDetails extends RunSummary {
  readonly input: unknown;
  readonly result: unknown;
  /** Saved steps in the order they were saved, without those that a rollback un-finished: where a resume starts from. */
  readonly steps: readonly SavedStep[];
  readonly cost: CostBreakdown;
}

/** A finished step. */
export interface SavedStep {
  readonly path: string;
  readonly savedAt: Date;
  readonly tookMs: number;
  readonly result: unknown;
}

/** `wflo.runs`: what was started. */
export interface Runs {
  /** Newest first; `before` goes on where a page ended. At most 1,000 a page, 50 by default. */
  list(filter?: PageFilter<RunFilter>): Promise<readonly RunSummary[]>;
  get(runId: string): Promise<RunDetails | undefined>;
}

/** `wflo.runs` on a database. */
export function createRuns(services: RunServices): Runs {
  const { tenant, database } = services;
  return {
    async list(given) {
      const filter = checkFilter(given);
      const limit = pageSize(filter.limit, DEFAULT_PAGE);
      return (await database.runs.list(tenant, { ...filter, limit })).map(summary);
    },
    async get(runId) {
      const row = await database.runs.get(tenant, runId);
      if (!row) return undefined;
      const [branch, cost] = await Promise.all([loadBranch(services, row), runCost(services, row)]);
      return {
        ...summary(row),
        input: decode(row.input),
        result: row.result === undefined ? undefined : decode(row.result),
        steps: finishedSteps(branch).map(({ path, savedAt, tookMs, result }) => ({
          path,
          savedAt,
          tookMs,
          result: decode(result),
        })),
        cost,
      };
    },
  };
}

const RUN_FILTERS: OptionNames<RunFilter> = {
  workflow: true,
  status: true,
  tag: true,
  since: true,
  before: true,
  limit: true,
};
const STATUSES = ["running", "paused", "completed", "failed", "stale"];

function checkFilter(given: PageFilter<RunFilter> | undefined): PageFilter<RunFilter> {
  const filter = checkOptions("The filters of runs", given, RUN_FILTERS);
  const { status, since, before, tag, workflow } = filter;
  if (status !== undefined && !STATUSES.includes(status)) {
    throw new InvalidOptionError(
      `The status of a run is one of ${STATUSES.join(", ")}, not "${String(status)}".`,
    );
  }
  if (since !== undefined && !(since instanceof Date && Number.isFinite(since.getTime()))) {
    throw new InvalidOptionError("since is a Date.");
  }
  if (before !== undefined && !isUuid(before)) throw new InvalidOptionError("before is the id of a run.");
  if (tag !== undefined) checkName("A tag", tag);
  if (workflow !== undefined) checkName("The name of a workflow", workflow);
  return filter;
}

function summary(row: ListedRun): RunSummary {
  const { id, workflow, epoch, budgetIds, tags, traceId, forkedFrom, createdAt, endedAt } = row;
  const error = row.error === undefined ? undefined : asError(decode(row.error));
  return {
    id,
    workflow,
    status: row.stale ? "stale" : row.status,
    epoch,
    budgetIds,
    tags,
    traceId,
    forkedFrom,
    createdAt,
    endedAt,
    durationMs: endedAt === undefined ? undefined : endedAt.getTime() - createdAt.getTime(),
    error,
  };
}
