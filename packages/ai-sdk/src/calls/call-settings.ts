import { InvalidOptionError, type GuardRequest, type MoneyInput } from "@wflo/core";

/** What a single call may say of itself: `providerOptions: { wflo: { … } }`. It never reaches the provider. */
export interface CallSettings {
  /** Further budgets that exist, beside those of the wrapper and of the run around. */
  readonly budgets?: readonly string[];
  /** The agent to whom its cost is attributed. */
  readonly agent?: string;
  /** The part of the work under which its cost is counted. */
  readonly step?: string;
  /** Idempotency key, a UUID: for the first attempt of one call. */
  readonly callId?: string;
  /** Reserve this much instead of an estimate. US dollars. */
  readonly hold?: MoneyInput;
  /** May the output cap be lowered when money is short? */
  readonly clamp?: boolean;
  readonly onAbort?: "drain" | "cancel";
  readonly onCut?: "error" | "truncate";
}

const NAMES: readonly string[] = [
  "budgets",
  "agent",
  "step",
  "callId",
  "hold",
  "clamp",
  "onAbort",
  "onCut",
] satisfies readonly (keyof CallSettings)[];

type ProviderOptions = Readonly<Record<string, unknown>>;

/** Options of every kind of model, as far as they are alike. */
export interface AnyCallOptions {
  readonly abortSignal?: AbortSignal | undefined;
  readonly providerOptions?: ProviderOptions | undefined;
}

/** Settings whose call id was used: the SDK makes each further attempt with the same object. */
const used = new WeakSet<object>();

/** The settings of a call. Throws `InvalidOptionError` for what is none, naming it. */
export function settingsOf({ providerOptions }: AnyCallOptions): Partial<GuardRequest> {
  const given = providerOptions?.["wflo"];
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || Array.isArray(given))
    throw new InvalidOptionError('providerOptions.wflo is an object, such as { budgets: ["user/42"] }.');
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new InvalidOptionError(
      `providerOptions.wflo has no option "${unknown}": it takes ${NAMES.join(", ")}.`,
    );
  }
  const { budgets, callId, ...settings } = given as CallSettings;
  if (budgets !== undefined && !(Array.isArray(budgets) && budgets.every((id) => typeof id === "string")))
    throw new InvalidOptionError("providerOptions.wflo.budgets is a list of ids of budgets.");
  const isFirst = !used.has(given);
  used.add(given);
  return {
    ...settings,
    ...(budgets === undefined ? {} : { budgets }),
    ...(callId === undefined || !isFirst ? {} : { callId }),
  };
}

/** The same options without what is meant for wflo. */
export function withoutSettings<Options extends AnyCallOptions>(options: Options): Options {
  const { providerOptions } = options;
  if (providerOptions === undefined || !("wflo" in providerOptions)) return options;
  const { wflo: _, ...others } = providerOptions;
  return { ...options, providerOptions: others };
}
