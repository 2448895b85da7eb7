import type { Entry, EntryFilter } from "@wflo/core";
import { and, arrayContains, asc, eq, gt, not, type SQL, sql } from "drizzle-orm";
import { cleanText } from "./clean-text.ts";
import { instantOf } from "./instant-of.ts";
import { keyOf } from "./key-of.ts";
import { readLabel } from "./read-label.ts";
import { entry, THREAD_INDEXED } from "./schema/entry.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** Closed without a bill, and nothing has corrected it since. Raw, because drizzle would leave the outer table's name out. */
const inDoubt: SQL<boolean> = sql<boolean>`(wflo.entry.kind in ('doubt', 'expire') and not exists (
  select from wflo.entry x
  where x.tenant = wflo.entry.tenant and x.call_id = wflo.entry.call_id and x.kind in ('late', 'correction')
))`;

const {
  id,
  callId,
  kind,
  budgetIds,
  held,
  charged,
  at,
  receipt,
  runId,
  step,
  agent,
  checkpointId,
  thread,
  provider,
  model,
} = entry;
const columns = {
  id,
  callId,
  kind,
  budgetIds,
  held,
  charged,
  at: instantOf(at),
  receipt,
  runId,
  step,
  agent,
  checkpointId,
  thread,
  provider,
  model,
};

/** One page of entries by ascending id. */
export async function listEntries(
  driver: MigratedDriver,
  tenant: string,
  filter: EntryFilter,
): Promise<readonly Entry[]> {
  if (filter.runId !== undefined && !isUuid(filter.runId)) return [];
  if (filter.callId !== undefined && !isUuid(filter.callId)) return [];
  const query = driver.orm
    .select({ ...columns, inDoubt: inDoubt.as("in_doubt") })
    .from(entry)
    .where(conditionOf(tenant, filter))
    .orderBy(asc(id))
    .limit(filter.limit);
  const rows = await driver.ordinary(query);
  return rows.map((row) => ({
    id: row.id,
    callId: row.callId,
    kind: row.kind,
    budgetIds: row.budgetIds,
    heldNanoUsd: row.held,
    chargedNanoUsd: row.charged,
    inDoubt: row.inDoubt,
    at: row.at,
    label: readLabel(row),
    receipt: row.receipt,
  }));
}

/** In the words of the index, and to the last letter. */
function isOfThread(name: string): SQL | undefined {
  const beginning = sql`left(${thread}, ${sql.raw(String(THREAD_INDEXED))})`;
  return and(sql`${beginning} = left(${name}, ${sql.raw(String(THREAD_INDEXED))})`, eq(thread, name));
}

function conditionOf(tenant: string, filter: EntryFilter): SQL | undefined {
  return and(
    eq(entry.tenant, keyOf("tenant", tenant)),
    filter.runId === undefined ? undefined : eq(runId, filter.runId),
    filter.thread === undefined ? undefined : isOfThread(cleanText(filter.thread)),
    filter.callId === undefined ? undefined : eq(callId, filter.callId),
    filter.budgetId === undefined
      ? undefined
      : arrayContains(budgetIds, [keyOf("budget id", filter.budgetId)]),
    filter.inDoubt === undefined ? undefined : filter.inDoubt ? inDoubt : not(inDoubt),
    filter.after === undefined ? undefined : gt(id, uuidOf("entry id", filter.after)),
  );
}
