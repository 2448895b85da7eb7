import { topUp, type TopUpVerdict } from "../budget/top-up.ts";
import { decode } from "../checkpoint/codec.ts";
import { budgetExceededIn } from "../errors/is-budget-exceeded.ts";
import { RunNotResumableError } from "../errors/run-not-resumable-error.ts";
import type { RunRow } from "../ports/run-store.ts";
import { runBudgetId } from "./run-budget.ts";
import type { RunServices } from "./run-services.ts";
import type { ResumeOptions } from "./workflow.ts";

/** Raises the cap that a run is to go on under. Throws `RunNotResumableError` when that is not clear, or would not help. */
export async function topUpRun(
  services: RunServices,
  row: RunRow,
  wish: NonNullable<ResumeOptions["topUp"]>,
): Promise<void> {
  const { tenant, database, emitter } = services;
  const own = runBudgetId(row.id);
  const refusal = row.error === undefined ? undefined : budgetExceededIn(decode(row.error));
  if (wish.budget === undefined && refusal !== undefined && refusal.budgetId !== own) {
    throw new RunNotResumableError(
      row.id,
      `it was stopped by budget ${refusal.budgetId}, not by its own. Write resume("${row.id}", { topUp: { ` +
        `to: "${String(wish.to)}", budget: "${refusal.budgetId}" } }).`,
    );
  }
  const id = wish.budget ?? own;
  if (id === own && !row.budgetIds.includes(own)) {
    throw new RunNotResumableError(row.id, `it has no budget of its own to top up${under(row)}.`);
  }
  const window = wish.window ?? (refusal?.budgetId === id ? refusal.window : undefined);
  const making = { tenant, ledger: database.ledger, emitter };
  const verdict = await topUp(making, id, { to: wish.to, window });
  if (verdict.code !== "raised") throw new RunNotResumableError(row.id, whyNot(row, id, verdict));
}

function whyNot(row: RunRow, id: string, verdict: Exclude<TopUpVerdict, { code: "raised" }>): string {
  return verdict.code === "unfit" ? verdict.why : `there is no budget ${id} to top up${under(row)}.`;
}

function under(row: RunRow): string {
  const [first] = row.budgetIds;
  return first === undefined
    ? ""
    : `; it is under ${row.budgetIds.join(" and ")}, so write topUp: { budget: "${first}", … }`;
}
