import type { OptionNames } from "./budget/check-options.ts";
import { createWflo, type Wflo } from "./create-wflo.ts";
import { NoClientError } from "./errors/no-client-error.ts";
import { usd, type MoneyInput } from "./money/money.ts";
import { currentContext } from "./run/run-context.ts";

/** The options every adapter takes. */
export interface WrapperOptions {
  /** The client that accounts for the calls. Default: that of the run or of `attributed` around, else one in memory if `budget` is given. */
  readonly wflo?: Wflo | undefined;
  /** The most that calls through this wrapper may cost in the life of this process. */
  readonly budget?: MoneyInput | undefined;
  /** Budgets that exist, on which every call is reserved as well. */
  readonly budgets?: readonly string[] | undefined;
  /** The agent to whom costs are attributed. */
  readonly agent?: string | undefined;
  /** See `GuardRequest`. */
  readonly onAbort?: "drain" | "cancel" | undefined;
  readonly onCut?: "error" | "truncate" | undefined;
  readonly clamp?: boolean | undefined;
  readonly hold?: MoneyInput | undefined;
}

/** For adapters: the names of these options. */
export const WRAPPER_OPTIONS: OptionNames<WrapperOptions> = {
  wflo: true,
  budget: true,
  budgets: true,
  agent: true,
  onAbort: true,
  onCut: true,
  clamp: true,
  hold: true,
};

/** What a wrapper calls its door with. */
export interface BoundWrapper {
  readonly wflo: Wflo;
  readonly request: {
    readonly budgets: readonly string[];
    readonly agent: string | undefined;
    readonly onAbort: "drain" | "cancel" | undefined;
    readonly onCut: "error" | "truncate" | undefined;
    readonly clamp: boolean | undefined;
    readonly hold: MoneyInput | undefined;
  };
}

/**
 * For adapters: finds, for each call, the client that accounts for it, and sets up the wrapper's own budget there.
 * The returned function throws `NoClientError` when there is none.
 */
export function bindWrapper(options: WrapperOptions): () => Promise<BoundWrapper> {
  const { budgets = [], agent, onAbort, onCut, clamp, hold } = options;
  const total = options.budget === undefined ? undefined : usd(options.budget).nanoUsd;
  const ownBudgets = new WeakMap<Wflo, Promise<string>>();
  let fallback: Wflo | undefined;
  const client = (): Wflo => {
    const { run, client: around } = currentContext();
    const found = options.wflo ?? ((run?.client ?? around) as Wflo | undefined) ?? fallback;
    if (found) return found;
    if (total === undefined) throw new NoClientError();
    console.warn(
      "wflo: this budget is counted in the memory of this process only. Pass { wflo } to keep it in a database.",
    );
    return (fallback = createWflo());
  };
  return async () => {
    const wflo = client();
    const request = { agent, onAbort, onCut, clamp, hold };
    if (total === undefined) return { wflo, request: { ...request, budgets } };
    let own = ownBudgets.get(wflo);
    if (!own) {
      own = createOwnBudget(wflo, options.budget ?? 0);
      ownBudgets.set(wflo, own);
      own.catch(() => ownBudgets.delete(wflo));
    }
    return { wflo, request: { ...request, budgets: [...budgets, await own] } };
  };
}

async function createOwnBudget(wflo: Wflo, total: MoneyInput): Promise<string> {
  const id = `wrapper/${crypto.randomUUID()}`;
  await wflo.budgets.set({ id, caps: { total } });
  return id;
}
