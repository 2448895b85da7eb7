import { InvalidOptionError, type CheckpointFilter } from "@wflo/core";
import type { StorageListWorkflowRunsInput } from "@mastra/core/storage";
import { boundAfter } from "./row-id.ts";
import { readNotes, soughtNotes, timeOf } from "./run-notes.ts";
import { LINE, type RunRows, type StoredRun } from "./run-rows.ts";

/** Rows without their contents that are looked through at once. */
const PAGE = 1_000;
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
  const sought = new Sought(rows, input);
  if (typeof page !== "number" || typeof perPage !== "number") {
    const runs = await sought.runs(sought.before, Number.POSITIVE_INFINITY);
    return { runs, total: runs.length };
  }
  if (page === 0) {
    const runs = await sought.runs(sought.before, perPage);
    const isAll = runs.length < perPage;
    return { runs, total: isAll ? runs.length : (await sought.count(0)).total };
  }
  const { total, before } = await sought.count(page * perPage);
  return { runs: before === undefined ? [] : await sought.runs(before, perPage), total };
}

/** Looks for runs that were created between two moments. */
class Sought {
  /** Where the list begins. */
  readonly before: string;
  readonly #rows: RunRows;
  readonly #contains: string;
  readonly #from: number;

  constructor(rows: RunRows, { fromDate, toDate, ...filter }: StorageListWorkflowRunsInput) {
    this.#rows = rows;
    this.#contains = soughtNotes(filter);
    this.before = boundAfter(toDate && timeOf("toDate", toDate, 0));
    this.#from = timeOf("fromDate", fromDate, Number.NEGATIVE_INFINITY);
  }

  /** How many there are, and where the list goes on after so many of them; undefined where it does not. */
  async count(skipped: number): Promise<{ readonly total: number; readonly before: string | undefined }> {
    let total = 0;
    let at = this.before;
    let before = skipped === 0 ? at : undefined;
    for (;;) {
      const filter = this.#filter(at, PAGE);
      const page = await this.#rows.ask(() => this.#rows.store.list(this.#rows.tenant, filter));
      for (const { id, metadata } of page) {
        if (readNotes(metadata).created < this.#from) return { total, before };
        total += 1;
        if (total === skipped) before = id;
        at = id;
      }
      if (page.length < PAGE) return { total, before };
    }
  }

  /** At most so many, from there on. */
  async runs(before: string, most: number): Promise<readonly StoredRun[]> {
    const found: StoredRun[] = [];
    let at = before;
    while (found.length < most) {
      const limit = Math.min(PAGE_OF_RUNS, most - found.length);
      const filter = this.#filter(at, limit);
      const page = await this.#rows.ask(() => this.#rows.store.listStored(this.#rows.tenant, filter));
      for (const stored of page) {
        const run = this.#rows.read(stored);
        if (run.notes.created < this.#from) return found;
        found.push(run);
        at = stored.row.id;
      }
      if (page.length < limit) break;
    }
    return found;
  }

  #filter(before: string, limit: number): CheckpointFilter {
    return { namespace: LINE, contains: this.#contains, before, limit };
  }
}
