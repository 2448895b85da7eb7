import { storeExcept } from "./store-except.ts";
import { decimalUsd } from "../money/money.ts";
import type { BudgetWarning } from "../ports/budget-warning.ts";
import type { Database } from "../ports/database.ts";
import type { SettleVerdict } from "../ports/ledger-store.ts";
import type { Emitter } from "../telemetry/emitter.ts";

/**
 * The same database, where `budget-warning` is emitted for what the store told this caller and no other: once for each share of a
 * window, whatever charged it.
 */
export function tellingDatabase(database: Database, tenant: string, emitter: Emitter): Database {
  const tell = (warnings: readonly BudgetWarning[] | undefined) => {
    for (const warning of warnings ?? []) emitter.emit("budget-warning", eventOf(warning));
  };
  const tellAll = (verdicts: readonly SettleVerdict[]) => {
    for (const { warnings } of verdicts) tell(warnings);
  };
  const { ledger, runs, checkpoints, items } = database;
  return {
    ledger: storeExcept(ledger, {
      async settle(owner, settlements) {
        const verdicts = await ledger.settle(owner, settlements, tell);
        tellAll(verdicts);
        return verdicts;
      },
      async correct(...args) {
        const verdict = await ledger.correct(...args);
        tell(verdict?.warnings);
        return verdict;
      },
      expire: (limit) => ledger.expire(limit, { tenant, tell }),
    }),
    runs: storeExcept(runs, {
      async claim(...args) {
        const verdict = await runs.claim(...args);
        if (verdict.code === "claimed") tell(verdict.warnings);
        return verdict;
      },
    }),
    checkpoints,
    items,
    async commitStep(commit) {
      const verdict = await database.commitStep(commit);
      tellAll(verdict.settled);
      return verdict;
    },
    close: () => database.close(),
  };
}

function eventOf({ share, window }: BudgetWarning) {
  return {
    budgetId: window.budgetId,
    window: window.window,
    share,
    cap: decimalUsd(window.capNanoUsd),
    spent: decimalUsd(window.spentNanoUsd),
    resetsAt: window.resetsAt,
  };
}
