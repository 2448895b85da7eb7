import { checkNames, type OptionNames } from "../budget/check-options.ts";
import { checkName } from "../budget/check-name.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { usd, type MoneyInput } from "../money/money.ts";

/** How `trackLlmCall` accounts for the calls of a function. */
export interface TrackLlmCallOptions<Client> {
  readonly provider: string;
  /** The model that is priced unless the answer names another. */
  readonly model: string;
  /** The most that one call may cost: reserved before it. */
  readonly hold?: MoneyInput | undefined;
  /** `record`: calls without a hold go on although they may pass a cap, and are recorded. */
  readonly mode?: "record" | undefined;
  /** The client that accounts for the calls. Default: that of the run around, else one in memory if `budget` is given. */
  readonly wflo?: Client | undefined;
  /** The most that calls through this wrapper may cost in the life of this process. */
  readonly budget?: MoneyInput | undefined;
  /** Budgets that exist, on which every call is reserved as well. */
  readonly budgets?: readonly string[] | undefined;
  /** The agent to whom costs are attributed. */
  readonly agent?: string | undefined;
}

const NAMES: OptionNames<TrackLlmCallOptions<unknown>> = {
  provider: true,
  model: true,
  hold: true,
  mode: true,
  wflo: true,
  budget: true,
  budgets: true,
  agent: true,
};

/** Throws `InvalidOptionError` and `InvalidAmountError` for options that cannot mean anything. */
export function checkTrackOptions(options: TrackLlmCallOptions<unknown>): void {
  if (typeof options !== "object" || options === null) {
    throw new InvalidOptionError(
      'trackLlmCall takes its options first: trackLlmCall({ provider: "openai", model: "gpt-4.1" })(fn).',
    );
  }
  checkNames("The options of trackLlmCall", options, NAMES);
  const { provider, model, hold, mode, budget, budgets, agent } = options;
  const wflo = options.wflo as { readonly guardCall?: unknown } | null | undefined;
  checkName("The provider of trackLlmCall", provider);
  checkName("The model of trackLlmCall", model);
  if (agent !== undefined) checkName("The agent of trackLlmCall", agent);
  if (hold !== undefined) usd(hold);
  if (budget !== undefined) usd(budget);
  if (budgets !== undefined && !isListOfIds(budgets))
    throw new InvalidOptionError("The budgets of trackLlmCall are a list of ids.");
  if (wflo !== undefined && typeof wflo?.guardCall !== "function")
    throw new InvalidOptionError("The option wflo of trackLlmCall is a client, as createWflo() makes it.");
  if (mode === undefined) return;
  if (mode !== "record")
    throw new InvalidOptionError(`The mode of trackLlmCall is "record", or left out, not ${describe(mode)}.`);
  if (hold !== undefined)
    throw new InvalidOptionError(
      'With hold, calls are not only recorded: leave mode: "record" out, or hold.',
    );
}

function isListOfIds(value: unknown): boolean {
  return Array.isArray(value) && value.every((id) => typeof id === "string" && id !== "");
}

function describe(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : `of type ${typeof value}`;
}
