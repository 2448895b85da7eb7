import { decimalUsd } from "../money/money.ts";
import type { Entry } from "../ports/ledger-store.ts";

/** What calls with one thing in common came to. Money is a decimal string in US dollars. */
export interface NamedSum {
  readonly name: string;
  readonly cost: string;
  readonly calls: number;
}

type Charged = Pick<Entry, "callId" | "chargedNanoUsd">;

/** Adds entries up. A call may have several of them. */
export class PaidSum {
  #nanoUsd = 0n;
  readonly #calls = new Set<string>();

  add({ callId, chargedNanoUsd }: Charged): void {
    this.#nanoUsd += chargedNanoUsd;
    this.#calls.add(callId);
  }

  /** US dollars. */
  get cost(): string {
    return decimalUsd(this.#nanoUsd);
  }

  get calls(): number {
    return this.#calls.size;
  }
}

/** Adds entries up by a name, in the order in which the names come. */
export class PaidSums {
  readonly #byName = new Map<string, PaidSum>();

  add(name: string, entry: Charged): void {
    const sum = this.#byName.get(name) ?? new PaidSum();
    sum.add(entry);
    this.#byName.set(name, sum);
  }

  sums(): NamedSum[] {
    return Array.from(this.#byName, ([name, { cost, calls }]) => ({ name, cost, calls }));
  }
}
