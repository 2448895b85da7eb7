import { PaidSum, PaidSums, type Entry, type LedgerStore, type NamedSum } from "@wflo/core";

const PAGE = 1_000;
/** Entries of one run that are added up. */
const MAX_ENTRIES = 1_000_000;

/** What a workflow run has cost so far, in all of its attempts: steps that were run again were paid again. */
export interface WorkflowRunCost {
  readonly runId: string;
  readonly cost: string;
  readonly calls: number;
  /** Entries that are in doubt or were charged at a bound. */
  readonly inexact: number;
  /** Calls outside of steps are in none of them. */
  readonly steps: readonly NamedSum[];
  readonly models: readonly NamedSum[];
}

/** Adds up the calls that were recorded with the id of a run as their thread. */
export async function costOfRun(
  ledger: LedgerStore,
  tenant: string,
  runId: string,
): Promise<WorkflowRunCost> {
  const total = new PaidSum();
  const steps = new PaidSums();
  const models = new PaidSums();
  let inexact = 0;
  for await (const entry of entriesOf(ledger, tenant, runId)) {
    const { step, provider, model } = entry.label;
    total.add(entry);
    if (step !== undefined) steps.add(step, entry);
    models.add(`${provider}/${model}`, entry);
    if (entry.inDoubt || entry.kind === "estimate" || entry.kind === "unmeasured") inexact += 1;
  }
  const { cost, calls } = total;
  return { runId, cost, calls, inexact, steps: steps.sums(), models: models.sums() };
}

async function* entriesOf(ledger: LedgerStore, tenant: string, thread: string): AsyncGenerator<Entry> {
  let after: string | undefined;
  for (let count = 0; count < MAX_ENTRIES; count += PAGE) {
    const page = await ledger.listEntries(tenant, { thread, after, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id;
  }
}
