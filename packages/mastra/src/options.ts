import { METER_OPTIONS, type MeterOptions } from "@wflo/ai-sdk/models";
import type { MoneyInput, OptionNames } from "@wflo/core";
import type { ProcessorViolation } from "@mastra/core/processors";
import type { RequestContext } from "@mastra/core/request-context";
import type { RefusalMetadata } from "./errors.ts";
import type { Scope } from "./scopes/scope-key.ts";
import type { ScopeWindow } from "./scopes/scope-window.ts";

/** How the calls of a model are accounted for. */
export type MeterModelOptions = MeterOptions;

/** The names of these options. */
export const METER_MODEL_OPTIONS: OptionNames<MeterModelOptions> = METER_OPTIONS;

/** What depends on the request that an agent works for. */
export type ByRequest<T> = T | ((requestContext: RequestContext | undefined) => T);

/** How an agent's calls are held back and accounted for. Names and defaults are those of Mastra's `TokenCostControl`, where it has them. */
export interface ProcessorOptions extends Omit<MeterModelOptions, "budgets" | "budget"> {
  /**
   * The most that may be spent in the scope, in US dollars. The budget of the scope (`mastra/<scope>/<id>/<window>`) is made with it when it is first
   * needed; a higher one raises the cap, a lower one does not lower it (`wflo.budgets.set` does).
   */
  readonly maxCost?: ByRequest<MoneyInput> | undefined;
  /** Whose spending counts together. Default "resource". A request without an id for it is refused. */
  readonly scope?: Scope | undefined;
  /** How long a cap counts, for every scope but "run". Default "7d". */
  readonly window?: ScopeWindow | undefined;
  /** Budgets that exist, on which every call is reserved as well. */
  readonly budgets?: ByRequest<readonly string[]> | undefined;
  /** The share of `maxCost`, in percent, at which `onViolation` is told of it, once in a window. */
  readonly warnAtPercent?: number | undefined;
  /** Why the agent stopped, with `{usage}` and `{limit}` for what is spent and the cap. Default: a sentence that says what to do. */
  readonly message?: string | undefined;
  /** Told of every refusal, and of the warning. */
  readonly onViolation?:
    | ((violation: ProcessorViolation<RefusalMetadata>) => void | Promise<void>)
    | undefined;
}

const { budget: _, ...METER } = METER_OPTIONS;
/** The names of these options. */
export const PROCESSOR_OPTIONS: OptionNames<ProcessorOptions> = {
  ...METER,
  maxCost: true,
  scope: true,
  window: true,
  warnAtPercent: true,
  message: true,
  onViolation: true,
};
