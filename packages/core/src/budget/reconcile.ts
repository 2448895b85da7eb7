import { decimalUsd } from "../money/money.ts";
import type { CallLabel, Discrepancy, Entry } from "../ports/ledger-store.ts";
import type { WindowKind } from "../ports/window-state.ts";
import type { BudgetMaking } from "./make-budget.ts";
import type { SettleOutbox } from "./settle-outbox.ts";

/** Calls in doubt that are told of at once. */
const PAGE = 100;
/** Expired holds of dead processes closed at a look. */
const EXPIRE_AT_ONCE = 100;
const FLUSH_MS = 10_000;

/** A window whose row is not what its entries and open holds add up to. Decimal strings in US dollars. */
export interface BudgetDiscrepancy {
  readonly budgetId: string;
  readonly window: WindowKind;
  /** What the row says is spent, and what its entries add up to. */
  readonly spent: string;
  readonly entries: string;
  /** What the row says is reserved, and what its open holds add up to. */
  readonly reserved: string;
  readonly holds: string;
}

/** A call that was closed without its bill, by doubt or by expiry, and that nothing has corrected since. */
export interface CallInDoubt {
  readonly callId: string;
  readonly budgetIds: readonly string[];
  /** What its budgets are charged until somebody knows better: a decimal string. */
  readonly charged: string;
  readonly at: Date;
  readonly label: CallLabel;
}

/** Whether the books are right, and what in them nobody knows for sure. */
export interface Reconciliation {
  /** Every row is what its entries and open holds add up to. A call in doubt does not change that. */
  readonly isExact: boolean;
  /** There are none, unless somebody wrote to the tables. */
  readonly discrepancies: readonly BudgetDiscrepancy[];
  /** By ascending id of their entries, the first 100. `wflo.calls.list({ inDoubt: true })` pages through all. */
  readonly inDoubt: readonly CallInDoubt[];
  readonly hasMoreInDoubt: boolean;
}

/** Adds the ledger up anew. */
export async function reconcile(
  { tenant, ledger }: Pick<BudgetMaking, "tenant" | "ledger">,
  outbox: SettleOutbox,
): Promise<Reconciliation> {
  // A bill that is on its way ends a doubt, and a dead process's hold begins one.
  await outbox.flush(FLUSH_MS);
  await ledger.expire(EXPIRE_AT_ONCE);
  const [discrepancies, entries] = await Promise.all([
    ledger.reconcile(tenant),
    ledger.listEntries(tenant, { inDoubt: true, limit: PAGE + 1 }),
  ]);
  return {
    isExact: discrepancies.length === 0,
    discrepancies: discrepancies.map(discrepancyOf),
    inDoubt: entries.slice(0, PAGE).map(doubtOf),
    hasMoreInDoubt: entries.length > PAGE,
  };
}

function discrepancyOf(found: Discrepancy): BudgetDiscrepancy {
  return {
    budgetId: found.budgetId,
    window: found.window,
    spent: decimalUsd(found.spentNanoUsd),
    entries: decimalUsd(found.entriesNanoUsd),
    reserved: decimalUsd(found.reservedNanoUsd),
    holds: decimalUsd(found.holdsNanoUsd),
  };
}

function doubtOf({ callId, budgetIds, chargedNanoUsd, at, label }: Entry): CallInDoubt {
  return { callId, budgetIds, charged: decimalUsd(chargedNanoUsd), at, label };
}
