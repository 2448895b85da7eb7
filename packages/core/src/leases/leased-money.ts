import { leastFree } from "../budget/least-free.ts";
import type { WindowState } from "../ports/window-state.ts";

/** Of what is free, a lease takes a hundredth. */
const SHARE = 100n;
/** And all leases of a process on a budget a twentieth at most. */
const LARGEST_SHARE = 20n;

/** What a process has of budgets in leases, and what it last saw free on them beside that. Nano-dollars. */
export class LeasedMoney {
  /** With what was asked for and is not answered. */
  readonly #asked = new Map<string, bigint>();
  readonly #granted = new Map<string, bigint>();
  readonly #free = new Map<string, bigint>();

  /** What is free now on the budgets of these windows. */
  note(windows: readonly WindowState[]): void {
    for (const [id, free] of leastFree(windows)) this.#free.set(id, free);
  }

  /** What is free on these budgets is not known any more. */
  forget(budgetIds: readonly string[]): void {
    for (const id of budgetIds) this.#free.delete(id);
  }

  /** A lease of so much was asked for on these budgets, or was not granted or given back (below zero). */
  ask(budgetIds: readonly string[], nanoUsd: bigint): void {
    add(this.#asked, budgetIds, nanoUsd);
  }

  /** A lease that was asked for was granted, or is given back (below zero). */
  grant(budgetIds: readonly string[], nanoUsd: bigint): void {
    add(this.#granted, budgetIds, nanoUsd);
  }

  /** How much a lease on these budgets should have, `leastNanoUsd` at least; undefined where that is more than is wise, or nobody knows. */
  chunkOn(budgetIds: readonly string[], leastNanoUsd: bigint): bigint | undefined {
    let usual: bigint | undefined;
    let room: bigint | undefined;
    for (const id of budgetIds) {
      const free = this.#free.get(id);
      if (free === undefined) return undefined;
      const all = free + (this.#granted.get(id) ?? 0n);
      usual = least(usual, free / SHARE);
      room = least(room, all / LARGEST_SHARE - (this.#asked.get(id) ?? 0n));
    }
    if (usual === undefined || room === undefined) return undefined;
    const chunk = usual > leastNanoUsd ? usual : leastNanoUsd;
    if (chunk <= room) return chunk;
    return room >= leastNanoUsd ? room : undefined;
  }
}

function add(sums: Map<string, bigint>, budgetIds: readonly string[], nanoUsd: bigint): void {
  for (const id of budgetIds) {
    const sum = (sums.get(id) ?? 0n) + nanoUsd;
    if (sum === 0n) sums.delete(id);
    else sums.set(id, sum);
  }
}

function least(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b < a ? b : a;
}
