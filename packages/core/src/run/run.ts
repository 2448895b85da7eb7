import type { MoneyInput } from "../money/money.ts";
import type { CostBreakdown } from "./cost-breakdown.ts";
import type { StepName } from "./step-path.ts";

/** An agent's part of a run: a step with a name for its costs and, if wanted, a cap of its own. */
export interface AgentName {
  readonly name: string;
  /** Needed where the same name occurs more than once. */
  readonly key?: string | number | undefined;
  /** The most the agent may cost in this run, within what the run may cost. */
  readonly budget?: MoneyInput | undefined;
}

/** What the function of a workflow works with. */
export interface Run<Input = unknown> {
  readonly id: string;
  readonly input: Input;
  /** Aborts when the caller aborts or another process takes the run over. */
  readonly signal: AbortSignal;
  /** Runs `fn` once in the life of the run: saved, and skipped on resume. See `run/step.ts` for its errors. */
  step<T>(step: StepName, fn: () => T | Promise<T>): Promise<T>;
  /** A step whose costs carry the agent's name and stay under its budget. */
  agent<T>(agent: AgentName, fn: () => T | Promise<T>): Promise<T>;
  /** What the run has cost so far, earlier executions included. Waits for settles on their way. */
  cost(): Promise<CostBreakdown>;
  /** A function that belongs to this place in the run wherever it is called from, such as an event listener. */
  bind<Args extends readonly unknown[], T>(fn: (...args: Args) => T): (...args: Args) => T;
}
