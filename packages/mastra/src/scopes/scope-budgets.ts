import type { RequestContext } from "@mastra/core/request-context";
import { InvalidOptionError, usd, type Budget, type BudgetInput, type Money, type Wflo } from "@wflo/core";
import type { Violations } from "../agents/violations.ts";
import type { ProcessorOptions } from "../options.ts";
import { keyInId } from "./key-in-id.ts";
import { requestAround } from "./request-around.ts";
import { SCOPES, scopeKey, type Scope } from "./scope-key.ts";
import { SCOPE_WINDOWS, windowAt, type ScopeWindow } from "./scope-window.ts";

/** Budgets remembered as made, for each client. */
const REMEMBERED = 10_000;

/** The request that an agent works for. */
export interface AgentRequest {
  readonly requestContext?: RequestContext | undefined;
}

/** Finds the budgets of a request, and makes that of its scope when it is first needed. */
export class ScopeBudgets {
  readonly #options: ProcessorOptions;
  readonly #scope: Scope;
  readonly #window: ScopeWindow;
  readonly #violations: Violations;
  /** Caps by budget, as they stand at least. */
  readonly #made = new WeakMap<Wflo, Map<string, Money>>();

  /** Throws `InvalidOptionError` and `InvalidAmountError`. */
  constructor(options: ProcessorOptions, violations: Violations) {
    const { scope = "resource", window = "7d", maxCost, warnAtPercent } = options;
    this.#options = options;
    this.#violations = violations;
    this.#scope = oneOf("scope", SCOPES, scope);
    this.#window = oneOf("window", SCOPE_WINDOWS, window);
    if (typeof maxCost !== "function" && maxCost !== undefined) usd(maxCost);
    if (warnAtPercent !== undefined && !(warnAtPercent > 0 && warnAtPercent < 100))
      throw new InvalidOptionError("wfloProcessor: warnAtPercent is above 0 and below 100, such as 80.");
  }

  /** The ids of a request's budgets. Throws `InvalidOptionError` for a request that the scope has no id for, so that nothing is spent. */
  async of({ requestContext }: AgentRequest, wflo: Wflo): Promise<readonly string[]> {
    const { budgets = [], maxCost } = this.#options;
    const first = requestAround()?.requestContext ?? requestContext;
    const given = typeof budgets === "function" ? budgets(first) : budgets;
    if (!Array.isArray(given) || given.some((id) => typeof id !== "string"))
      throw new InvalidOptionError("wfloProcessor: budgets is a list of ids of budgets.");
    if (maxCost === undefined) return given;
    const whole = scopeKey(this.#scope, first);
    const found = "fix" in whole ? scopeKey(this.#scope, requestContext) : whole;
    if ("fix" in found) {
      throw new InvalidOptionError(
        `This agent's budget is counted by ${this.#scope}, and the request names none: ${found.fix}.`,
      );
    }
    const cap = usd(typeof maxCost === "function" ? maxCost(first) : maxCost);
    return [...given, await this.#make(wflo, found.key, cap)];
  }

  /** A cap that is higher than before raises the budget's; it is never lowered, since somebody may have raised it by hand. */
  async #make(wflo: Wflo, key: string, cap: Money): Promise<string> {
    const window = windowAt(this.#scope === "run" ? "total" : this.#window, Date.now());
    const id = `mastra/${this.#scope}/${keyInId(key)}/${window.suffix}`;
    const made = this.#made.get(wflo) ?? new Map<string, Money>();
    this.#made.set(wflo, made);
    this.#violations.follow(wflo, id);
    if ((made.get(id)?.compare(cap) ?? -1) >= 0) return id;
    const budget = await wflo.budgets.get(id);
    const before = budget?.windows.find(({ window: kind }) => kind === window.cap);
    if (before === undefined || usd(before.cap).compare(cap) < 0) {
      const { warnAtPercent } = this.#options;
      const warnAt = warnAtPercent === undefined ? [] : [warnAtPercent / 100];
      await wflo.budgets.set(
        raised(budget ?? { id, warnAt: [], windows: [] }, { [window.cap]: cap }, warnAt),
      );
    }
    if (made.size >= REMEMBERED) made.clear();
    made.set(id, cap);
    return id;
  }
}

/** The budget with these caps: what somebody has set beside them by hand, such as its parent, stays. */
function raised(
  {
    id,
    windows,
    warnAt,
    timeZone,
    parent,
    onExpiry,
  }: Pick<Budget, "id" | "windows" | "warnAt"> & Partial<Budget>,
  caps: BudgetInput["caps"],
  ownWarnAt: readonly number[],
): BudgetInput {
  const others = Object.fromEntries(windows.map(({ window, cap }) => [window, cap]));
  return { id, caps: { ...others, ...caps }, warnAt: [...warnAt, ...ownWarnAt], timeZone, parent, onExpiry };
}

function oneOf<Name extends string>(option: string, names: readonly string[], name: Name): Name {
  if (names.includes(name)) return name;
  throw new InvalidOptionError(`wfloProcessor: ${option} is one of ${names.join(", ")}, not "${name}".`);
}
