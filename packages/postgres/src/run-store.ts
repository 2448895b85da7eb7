import type { NewRun, RunFilter, RunStore } from "@wflo/core";
import { and, arrayContains, asc, desc, eq, gte, type SQL, sql } from "drizzle-orm";
import { cleanText } from "./clean-text.ts";
import { exactText } from "./exact-text.ts";
import { instantOf } from "./instant-of.ts";
import { keyOf } from "./key-of.ts";
import { readClaim, readListed, readRun, type ClaimJson } from "./read-run.ts";
import { run } from "./schema/run.ts";
import { step } from "./schema/step.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** A run whose heartbeat is older than this has lost its process. */
const STALE_AFTER_MS = 20_000;

const now = sql<Date>`wflo.now()`;
const isStale = sql<boolean>`(${run.status} = 'running'
  and ${run.heartbeatAt} <= wflo.now() - ${sql.raw(String(STALE_AFTER_MS))} * interval '1 millisecond')`;

/** Input and result may be large: they are read of one run only. */
const listColumns = {
  id: run.id,
  workflow: run.workflow,
  budgetIds: run.budgetIds,
  tags: run.tags,
  traceId: run.traceId,
  threadId: run.threadId,
  forkedFromRun: run.forkedFromRun,
  forkedFromCheckpoint: run.forkedFromCheckpoint,
  status: run.status,
  epoch: run.epoch,
  createdAt: instantOf(run.createdAt),
  heartbeatAt: instantOf(run.heartbeatAt),
  endedAt: instantOf(run.endedAt),
  error: run.error,
  stale: isStale.as("stale"),
};

const columns = { ...listColumns, input: run.input, result: run.result };

const stepColumns = {
  path: step.path,
  epoch: step.epoch,
  checkpointId: step.checkpointId,
  result: step.result,
  tookMs: step.tookMs,
  savedAt: instantOf(step.savedAt),
};

/** Runs and the results of their steps on PostgreSQL. */
export function runStore(driver: MigratedDriver): RunStore {
  return {
    async create(tenant, created) {
      return (await driver.call("create_run", createArgs(tenant, created))) === true;
    },
    async get(tenant, runId) {
      if (!isUuid(runId)) return undefined;
      const [row] = await driver.ordinary(driver.orm.select(columns).from(run).where(theRun(tenant, runId)));
      return row && readRun(row);
    },
    async list(tenant, filter) {
      const query = driver.orm.select(listColumns).from(run).where(conditionOf(tenant, filter));
      const rows = await driver.ordinary(
        query.orderBy(desc(run.createdAt), desc(run.id)).limit(filter.limit),
      );
      return rows.map(readListed);
    },
    async claim(tenant, runId, { takeOver, atRest = false }) {
      if (!isUuid(runId)) return { code: "unknown" };
      const verdict = await driver.call("claim_run", [
        keyOf("tenant", tenant),
        runId,
        takeOver,
        atRest,
        STALE_AFTER_MS,
      ]);
      return readClaim(verdict as ClaimJson);
    },
    heartbeat: (tenant, runId, epoch) => updateRun(driver, tenant, { runId, epoch }, { heartbeatAt: now }),
    async finish(tenant, { runId, epoch, status, result, error }) {
      const end = { status, result: result ?? null, error: error === undefined ? null : cleanText(error) };
      return updateRun(driver, tenant, { runId, epoch }, { ...end, endedAt: now });
    },
    async steps(tenant, runId) {
      if (!isUuid(runId)) return [];
      const query = driver.orm
        .select(stepColumns)
        .from(step)
        .where(and(eq(step.tenant, keyOf("tenant", tenant)), eq(step.runId, runId)));
      const rows = await driver.ordinary(query.orderBy(asc(step.seq), asc(step.savedAt), asc(step.path)));
      return rows.map((row) => ({ ...row, checkpointId: row.checkpointId ?? undefined }));
    },
  };
}

/** In the order of the parameters of `wflo.create_run`. */
function createArgs(tenant: string, created: NewRun): readonly unknown[] {
  const { id, workflow, input, budgetIds, ownBudget, tags, traceId, threadId, forkedFrom } = created;
  return [
    keyOf("tenant", tenant),
    uuidOf("run id", id),
    exactText("workflow name", workflow),
    input,
    budgetIds.map((budgetId) => exactText("budget id", budgetId)),
    tags.map(cleanText),
    cleanText(traceId),
    exactText("thread id", threadId),
    forkedFrom === undefined ? null : uuidOf("run id", forkedFrom.runId),
    forkedFrom === undefined ? null : exactText("checkpoint id", forkedFrom.checkpointId),
    ownBudget === undefined ? null : keyOf("budget id", ownBudget.id),
    ownBudget === undefined ? null : ownBudget.totalNanoUsd,
  ];
}

type RunUpdate = Parameters<ReturnType<MigratedDriver["orm"]["update"]>["set"]>[0];

async function updateRun(
  driver: MigratedDriver,
  tenant: string,
  { runId, epoch }: { readonly runId: string; readonly epoch: number },
  values: RunUpdate,
): Promise<boolean> {
  if (!isUuid(runId)) return false;
  const update = driver.orm
    .update(run)
    .set(values)
    .where(and(theRun(tenant, runId), eq(run.epoch, epoch)));
  return (await driver.ordinary(update.returning({ id: run.id }))).length > 0;
}

function theRun(tenant: string, runId: string): SQL | undefined {
  return and(eq(run.tenant, keyOf("tenant", tenant)), eq(run.id, runId));
}

function conditionOf(tenant: string, { workflow, status, tag, since, before }: RunFilter): SQL | undefined {
  return and(
    eq(run.tenant, keyOf("tenant", tenant)),
    workflow === undefined ? undefined : eq(run.workflow, exactText("workflow name", workflow)),
    status === undefined ? undefined : status === "stale" ? isStale : eq(run.status, status),
    tag === undefined ? undefined : arrayContains(run.tags, [cleanText(tag)]),
    since === undefined ? undefined : gte(run.createdAt, since),
    before === undefined ? undefined : isBefore(tenant, uuidOf("run id", before)),
  );
}

/** In the order of lists; nothing is before a run that there is not. */
function isBefore(tenant: string, id: string): SQL {
  const its = sql`select b.created_at from wflo.run b where b.tenant = ${keyOf("tenant", tenant)} and b.id = ${id}`;
  return sql`(${run.createdAt}, ${run.id}) < ((${its}), ${id}::uuid)`;
}
