import type { OptionNames } from "./budget/check-options.ts";
import type { CountTokens, CrashPoint } from "./guard/door-settings.ts";
import type { Clock } from "./ports/clock.ts";
import type { Database } from "./ports/database.ts";
import type { Ids } from "./ports/ids.ts";
import type { PriceOptions } from "./pricing/rates/price-options.ts";
import type { Logger } from "./telemetry/log.ts";

/** How a client works. Everything has a default. */
export interface WfloOptions {
  /** Where money, runs and steps are kept: `postgres()`, `pglite(".wflo")`. Default: in the memory of this process. */
  readonly database?: Database | undefined;
  /** Keeps customers of one database apart. Default "default". */
  readonly tenant?: string | undefined;
  /**
   * Prices and aliases that win over the price list, by "provider/model", in dollars per million tokens; `update`, where newer prices
   * come from; `trustReported`, whether what a provider says that it took is the cost.
   */
  readonly prices?: PriceOptions | undefined;
  /**
   * Counts the tokens of a text as the model does, such as `encode(text).length` of a tokenizer. Asked where money is short, since
   * the bytes of a text bound its tokens, but far above. Default: bytes.
   */
  readonly countTokens?: CountTokens | undefined;
  /** A call under a budget whose price is unknown: refused (the default), or made and charged at nothing. */
  readonly onUnknownPrice?: "refuse" | "allow" | undefined;
  /** After an answer without usage, further calls to that model under a budget: refused (the default), or charged at their hold. */
  readonly onMissingUsage?: "refuse" | "allow" | undefined;
  /**
   * Budgets on which so many calls are made that the database is the limit, by id, or by a prefix and `*`: while they are hot, this process takes money of
   * theirs in advance (a lease, a hundredth of what is free) and holds calls in memory. Near the cap, in runs, for calls with a `callId` of their own and
   * for other budgets nothing changes. The price: a process that is killed is charged what it had taken and not used, in doubt; `spent` is up to 0.1 s
   * behind; a change of the budget by another process counts within a second. Not with `settle: "await"` or `waitUntil`.
   */
  readonly lease?: readonly string[] | undefined;
  /** Where warnings go. Default: the console. `false`: nowhere. */
  readonly logger?: Logger | false | undefined;
  /** How long a call waits for money that other calls hold. Milliseconds, default 30,000. */
  readonly waitMs?: number | undefined;
  /** How long an answer that nobody wants any more is read on for its exact cost. Milliseconds, default 15,000. */
  readonly drainMs?: number | undefined;
  /** Whether a call waits until the ledger has its charge. Default: only on hosts that may freeze the process. */
  readonly settle?: "await" | "background" | undefined;
  /** The host's own way to finish work after its answer, such as `ctx.waitUntil`. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** For tests: time, ids, and where to stop the process. */
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
  readonly crashPoint?: ((name: CrashPoint) => void) | undefined;
}

/** For looking at what was given. */
export const WFLO_OPTIONS: OptionNames<WfloOptions> = {
  database: true,
  tenant: true,
  prices: true,
  countTokens: true,
  onUnknownPrice: true,
  onMissingUsage: true,
  lease: true,
  logger: true,
  waitMs: true,
  drainMs: true,
  settle: true,
  waitUntil: true,
  clock: true,
  ids: true,
  crashPoint: true,
};
