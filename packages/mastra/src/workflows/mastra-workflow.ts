import type { AnyWorkflow } from "@mastra/core/workflows";
import { withinAgentRun } from "@wflo/ai-sdk/models";
import { checkOptions, InvalidOptionError, type Run, type WorkflowFunction } from "@wflo/core";
import { tellsPlaces } from "./engine-places.ts";
import { isMastraWorkflow, partsOf } from "./mastra-graph.ts";
import { suspendAtBudget } from "./suspend-at-budget.ts";
import { WorkflowRun, type StartOfRun } from "./workflow-run.ts";

/** What a workflow of Mastra's takes. */
export type InputOf<Target> = Target extends { readonly inputSchema: Typed<infer Input> } ? Input : unknown;

/** What a workflow of Mastra's gives. */
export type OutputOf<Target> = Target extends { readonly outputSchema: Typed<infer T> } ? T : unknown;

/** A schema, as Mastra keeps it. */
interface Typed<T> {
  readonly "~standard": { readonly types?: { readonly input: T } | undefined };
}

/** How a run of wflo runs a workflow of Mastra's. */
export interface MastraWorkflowOptions<Input = unknown> {
  /** What Mastra's run is started with, by the input of the run. Default: `{ inputData: input }`. */
  readonly start?: ((input: Input) => StartOfRun) | undefined;
}

/**
 * The function of a workflow that runs one of Mastra's: `wflo.workflow(name, mastraWorkflow(workflow))`. The run of Mastra's has the run's id, and each
 * step of it is a step of the run: a run that stopped for want of money or was killed goes on where it was, in any process, and no finished step is
 * done or paid for again. A step that waits for somebody pauses the run (`RunInterruptedError`, whose `interrupts` are `{ step, payload }`);
 * `resume(id, { answer })` gives it the answer as `resumeData`. Of several that wait, the answer is `{ [step]: resumeData }`. The workflow has to be
 * registered with a Mastra that has storage. Throws `InvalidOptionError` for what is no committed workflow of Mastra's own engine.
 */
export function mastraWorkflow<
  Target extends AnyWorkflow,
  Input = InputOf<Target>,
  Output = OutputOf<Target>,
>(target: Target, options: MastraWorkflowOptions<Input> = {}): WorkflowFunction<Input, Output> {
  if (!isMastraWorkflow(target))
    throw new InvalidOptionError(
      "mastraWorkflow takes a workflow of Mastra's: createWorkflow({ … }).commit().",
    );
  checkOptions("The options of mastraWorkflow", options, { start: true });
  const parts = partsOf(suspendAtBudget(target));
  if (!tellsPlaces(parts)) {
    throw new InvalidOptionError(
      `Workflow ${parts.id} is run by an engine of events, whose steps wflo cannot follow. Make it with createWorkflow and without a schedule.`,
    );
  }
  const start = options.start ?? ((input: Input) => ({ inputData: input }));
  return (run: Run<Input>, input: Input) =>
    withinAgentRun(run as Run, () =>
      new WorkflowRun(target, run as Run).run(start(input)),
    ) as Promise<Output>;
}
