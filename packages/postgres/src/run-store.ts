import type { ClaimVerdict, RunFilter, RunRow, RunStatus, RunStore } from "@wflo/core";
import { and, asc, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import { cleanText } from "./clean-text.ts";
import { exactText } from "./exact-text.ts";
import { keyOf } from "./key-of.ts";
import { run } from "./schema/run.ts";
import { step } from "./schema/step.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** A run whose heartbeat is older than this has lost its process. */
const STALE_AFTER_MS = 20_000;

const now = sql<Date>`wflo.now()`;
const isStale = sql<boolean>`(${run.status} = 'running'
  and ${run.heartbeatAt} <= wflo.now() - ${sql.raw(String(STALE_AFTER_MS))} * interval '1 millisecond')`;

const columns = {
  id: run.id,
  workflow: run.workflow,
  input: run.input,
  budgetIds: run.budgetIds,
  tags: run.tags,
  status: run.status,
  epoch: run.epoch,
  createdAt: run.createdAt,
  heartbeatAt: run.heartbeatAt,
  endedAt: run.endedAt,
  result: run.result,
  error: run.error,
  stale: isStale.as("stale"),
};

/** Runs and the results of their steps on PostgreSQL. */
export function runStore(driver: MigratedDriver): RunStore {
  return {
    async create(tenant, { id, workflow, input, budgetIds, tags }) {
      const insert = driver.orm.insert(run).values({
        tenant: keyOf("tenant", tenant),
        id: uuidOf("run id", id),
        workflow: exactText("workflow name", workflow),
        input,
        budgetIds: budgetIds.map((budgetId) => exactText("budget id", budgetId)),
        tags: tags.map(cleanText),
        status: "running",
        epoch: 1,
        createdAt: now,
        heartbeatAt: now,
      });
      const made = await driver.ordinary(insert.onConflictDoNothing().returning({ id: run.id }));
      return made.length > 0;
    },
    async get(tenant, runId) {
      if (!isUuid(runId)) return undefined;
      const [row] = await driver.ordinary(driver.orm.select(columns).from(run).where(theRun(tenant, runId)));
      return row && readRun(row);
    },
    async list(tenant, filter) {
      const query = driver.orm.select(columns).from(run).where(conditionOf(tenant, filter));
      const rows = await driver.ordinary(query.orderBy(desc(run.id)).limit(filter.limit));
      return rows.map(readRun);
    },
    async claim(tenant, runId, { takeOver }) {
      if (!isUuid(runId)) return { code: "unknown" };
      const verdict = await driver.call("claim_run", [
        keyOf("tenant", tenant),
        runId,
        takeOver,
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
        .select({ path: step.path, epoch: step.epoch, result: step.result, savedAt: step.savedAt })
        .from(step)
        .where(and(eq(step.tenant, keyOf("tenant", tenant)), eq(step.runId, runId)));
      return driver.ordinary(query.orderBy(asc(step.seq), asc(step.savedAt), asc(step.path)));
    },
  };
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

function conditionOf(tenant: string, { workflow, status, before }: RunFilter): SQL | undefined {
  return and(
    eq(run.tenant, keyOf("tenant", tenant)),
    workflow === undefined ? undefined : eq(run.workflow, exactText("workflow name", workflow)),
    status === undefined ? undefined : status === "stale" ? isStale : eq(run.status, status),
    before === undefined ? undefined : lt(run.id, uuidOf("run id", before)),
  );
}

/** A row as drizzle reads it. */
interface RunRecord extends Omit<RunRow, "endedAt" | "result" | "error"> {
  readonly endedAt: Date | null;
  readonly result: string | null;
  readonly error: string | null;
}

function readRun(row: RunRecord): RunRow {
  const { endedAt, result, error } = row;
  return { ...row, endedAt: endedAt ?? undefined, result: result ?? undefined, error: error ?? undefined };
}

type ClaimJson =
  | { readonly code: "unknown" | "completed" }
  | { readonly code: "alive"; readonly heartbeatAgoMs: number }
  | { readonly code: "claimed"; readonly run: ClaimedJson };

/** The row as `to_jsonb` writes it, just claimed. */
interface ClaimedJson {
  readonly id: string;
  readonly workflow: string;
  readonly input: string;
  readonly budget_ids: readonly string[];
  readonly tags: readonly string[];
  readonly status: RunStatus;
  readonly epoch: number;
  readonly created_at: string;
  readonly heartbeat_at: string;
}

function readClaim(json: ClaimJson): ClaimVerdict {
  if (json.code !== "claimed") return json;
  const { id, workflow, input, budget_ids, tags, status, epoch, created_at, heartbeat_at } = json.run;
  return {
    code: "claimed",
    run: {
      id,
      workflow,
      input,
      budgetIds: budget_ids,
      tags,
      status,
      stale: false,
      epoch,
      createdAt: new Date(created_at),
      heartbeatAt: new Date(heartbeat_at),
      endedAt: undefined,
      result: undefined,
      error: undefined,
    },
  };
}
