import type { BudgetWarning } from "../ports/budget-warning.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { LeasedMoney } from "./leased-money.ts";

/** What the leases of one client work with. */
export interface LeaseMeans {
  readonly tenant: string;
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly money: LeasedMoney;
  readonly onTrouble: (error: unknown) => void;
  readonly tell: (warnings: readonly BudgetWarning[]) => void;
}

/** How long a lease lives without a word of its owner's. Milliseconds. */
export const LEASE_TTL_MS = 30_000;
