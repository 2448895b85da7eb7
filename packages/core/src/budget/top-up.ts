import type { OptionNames } from "./check-options.ts";
import { usd, type MoneyInput } from "../money/money.ts";
import type { BudgetState } from "../ports/budget-state.ts";
import type { WindowKind } from "../ports/window-state.ts";
import { checkWindow } from "./budget-terms.ts";
import { checkName } from "./check-name.ts";
import { makeBudget, type BudgetMaking } from "./make-budget.ts";

/** How far a cap is raised. */
export interface TopUp {
  /** The cap from now on, not what is added to it. Never lowers. */
  readonly to: MoneyInput;
  /** Which cap; may be left out when there is but one. */
  readonly window?: WindowKind | undefined;
}

/** The names of what a top-up says. */
export const TOP_UP: OptionNames<TopUp> = { to: true, window: true };

/** The raised budget, or why not; `why` is a sentence. */
export type TopUpVerdict =
  | { readonly code: "raised"; readonly budget: BudgetState }
  | { readonly code: "missing" }
  | { readonly code: "unfit"; readonly why: string };

/**
 * Raises one cap: of a day or a month until it ends, a total for good. A budget that only a default stands for is made first. Throws
 * `InvalidOptionError` and `InvalidAmountError`.
 */
export async function topUp(services: BudgetMaking, id: string, wish: TopUp): Promise<TopUpVerdict> {
  const { tenant, ledger } = services;
  checkName("A budget id", id);
  if (wish.window !== undefined) checkWindow(`Budget ${id}`, wish.window);
  const toNanoUsd = usd(wish.to).nanoUsd;
  const [there] = await ledger.getBudgets(tenant, [id]);
  const budget = there ?? (await makeBudget(services, id));
  if (budget === undefined) return { code: "missing" };
  const kinds = budget.windows.map(({ window }) => window);
  const kind = wish.window ?? (kinds.length === 1 ? kinds[0] : undefined);
  if (kind === undefined) return { code: "unfit", why: `${has(id, kinds)}: say which, ${example(kinds)}.` };
  const raised = await ledger.raiseCap(tenant, id, kind, toNanoUsd);
  if (raised !== undefined) return { code: "raised", budget: raised };
  const others = kinds.filter((other) => other !== kind);
  return {
    code: "unfit",
    why: `${has(id, others)}, not for ${kind}: raise one of these, ${example(others)}, or give it a ${kind} cap with wflo.budgets.set.`,
  };
}

function has(id: string, kinds: readonly WindowKind[]): string {
  return `Budget ${id} has caps for ${kinds.join(" and ")}`;
}

function example([first = "total"]: readonly WindowKind[]): string {
  return `such as window: "${first}"`;
}
