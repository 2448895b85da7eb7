import { decimalUsd, type Entry, type LedgerStore } from "@wflo/core";

const PAGE = 1_000;
/** Entries of one run that are added up. */
const MAX_ENTRIES = 1_000_000;

/** What calls with one thing in common came to. Money is a decimal string in US dollars. */
export interface NamedRunCost {
  readonly name: string;
  readonly cost: string;
  readonly calls: number;
}

/** What a workflow run has cost so far, in all of its attempts: steps that were run again were paid again. */
export interface WorkflowRunCost {
  readonly runId: string;
  readonly cost: string;
  readonly calls: number;
  /** Entries that are in doubt or were charged at a bound. */
  readonly inexact: number;
  /** Calls outside of steps are in none of them. */
  readonly steps: readonly NamedRunCost[];
  readonly models: readonly NamedRunCost[];
}

/** Adds up the calls that were recorded with the id of a run as their thread. */
export async function costOfRun(
  ledger: LedgerStore,
  tenant: string,
  runId: string,
): Promise<WorkflowRunCost> {
  const total = new Sum();
  const steps = new Sums();
  const models = new Sums();
  let inexact = 0;
  for await (const entry of entriesOf(ledger, tenant, runId)) {
    const { step, provider, model } = entry.label;
    total.add(entry);
    if (step !== undefined) steps.add(step, entry);
    models.add(`${provider}/${model}`, entry);
    if (entry.inDoubt || entry.kind === "estimate" || entry.kind === "unmeasured") inexact += 1;
  }
  return { runId, ...total.told(), inexact, steps: steps.told(), models: models.told() };
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

class Sum {
  #nanoUsd = 0n;
  readonly #calls = new Set<string>();

  add({ callId, chargedNanoUsd }: Entry): void {
    this.#nanoUsd += chargedNanoUsd;
    this.#calls.add(callId);
  }

  told(): { readonly cost: string; readonly calls: number } {
    return { cost: decimalUsd(this.#nanoUsd), calls: this.#calls.size };
  }
}

class Sums {
  readonly #byName = new Map<string, Sum>();

  add(name: string, entry: Entry): void {
    const sum = this.#byName.get(name) ?? new Sum();
    sum.add(entry);
    this.#byName.set(name, sum);
  }

  told(): NamedRunCost[] {
    return Array.from(this.#byName, ([name, sum]) => ({ name, ...sum.told() }));
  }
}
