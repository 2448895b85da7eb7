import { checkName } from "../budget/check-name.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** Whether a budget is named by the option `lease`, by its id or by a prefix and `*`. Throws `InvalidOptionError`. */
export function leasedBudgets(names: readonly string[]): (budgetId: string) => boolean {
  if (!Array.isArray(names)) throw new InvalidOptionError('lease takes a list of budgets, such as ["org"].');
  for (const name of names as readonly unknown[]) checkName("A budget in lease", name);
  const ids = new Set(names);
  const prefixes = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  return (budgetId) => ids.has(budgetId) || prefixes.some((prefix) => budgetId.startsWith(prefix));
}
