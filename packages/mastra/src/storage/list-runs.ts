import { InvalidOptionError, type CheckpointConditions } from "@wflo/core";
import type { StorageListWorkflowRunsInput } from "@mastra/core/storage";
import { boundAfter, boundFrom } from "./row-id.ts";
import { keyText } from "./run-key.ts";
import { soughtNotes, timeOf } from "./run-notes.ts";
import { LINE, type RunRows, type StoredRun } from "./run-rows.ts";

/** Rows with their contents that are read at once. */
const PAGE_OF_RUNS = 20;

/** A list of runs, the last created first, as Mastra's stores give it: pages only where both numbers are given. */
export async function listRuns(
  rows: RunRows,
  input: StorageListWorkflowRunsInput,
): Promise<{ readonly runs: readonly StoredRun[]; readonly total: number }> {
  const { page, perPage } = input;
  for (const [name, value] of Object.entries({ page, perPage })) {
    if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0))
      throw new InvalidOptionError(`${name} must be >= 0, and a whole number: it was ${value}.`);
  }
  const conditions = conditionsOf(input);
  if (typeof page !== "number" || typeof perPage !== "number") {
    const runs = await readRuns(rows, conditions, { skip: 0, most: Number.POSITIVE_INFINITY });
    return { runs, total: runs.length };
  }
  const skip = Math.min(page * perPage, Number.MAX_SAFE_INTEGER);
  const runs = await readRuns(rows, conditions, { skip, most: perPage });
  // The last page tells the number by itself.
  const isLast = runs.length < perPage && (runs.length > 0 || skip === 0);
  const total = isLast ? skip + runs.length : await rows.ask(() => rows.store.count(rows.tenant, conditions));
  return { runs, total };
}

/** Which rows are sought. */
function conditionsOf(input: StorageListWorkflowRunsInput): CheckpointConditions {
  const { workflowName, fromDate, toDate, ...filter } = input;
  return {
    namespace: LINE,
    name: workflowName ? keyText(workflowName) : undefined,
    contains: soughtNotes(filter),
    before: boundAfter(toDate && timeOf("toDate", toDate, 0)),
    from: boundFrom(fromDate && timeOf("fromDate", fromDate, 0)),
  };
}

/** At most so many runs after those that are skipped, some at a time. */
async function readRuns(
  rows: RunRows,
  conditions: CheckpointConditions,
  { skip, most }: { readonly skip: number; readonly most: number },
): Promise<readonly StoredRun[]> {
  const found: StoredRun[] = [];
  let from = { before: conditions.before, skip };
  while (found.length < most) {
    const limit = Math.min(PAGE_OF_RUNS, most - found.length);
    const filter = { ...conditions, ...from, limit };
    const page = await rows.ask(() => rows.store.listStored(rows.tenant, filter));
    for (const stored of page) found.push(rows.read(stored));
    if (page.length < limit) break;
    from = { before: page.at(-1)?.row.id, skip: 0 };
  }
  return found;
}
