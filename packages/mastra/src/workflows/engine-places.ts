import { durableSleeps } from "./durable-sleeps.ts";
import type { Engine, GraphStep, StepContext, StepTask, WorkflowParts } from "./mastra-graph.ts";
import { RecordedStep } from "./recorded-step.ts";
import { atPlace, insideOf, placeAround, placeOf, type StepPlace } from "./step-place.ts";

const told = new WeakSet<object>();

/** Has the engine of a workflow tell its steps where they are, as far as it is one of Mastra's own that does the steps itself. */
export function tellPlaces({ executionEngine }: WorkflowParts): void {
  const { executeStep } = executionEngine;
  if (executeStep === undefined || told.has(executionEngine)) return;
  told.add(executionEngine);
  const own: Engine = {
    executeStep: (execution) =>
      atPlace(placeIn(execution), () => executeStep.call(executionEngine, execution)),
    ...durableSleeps(executionEngine),
  };
  Object.assign(executionEngine, own);
}

/** Whether the engine of a workflow tells its steps where they are. */
export function tellsPlaces({ executionEngine }: WorkflowParts): boolean {
  return told.has(executionEngine);
}

/** Has the steps of a workflow that is a step itself know what they are inside of. */
export function tellNested(nested: WorkflowParts): void {
  if (told.has(nested)) return;
  told.add(nested);
  const { execute } = nested;
  nested.execute = async (context) => {
    const place = placeOf(context.workflowId, nested.id);
    if (place === undefined) return execute.call(nested, context);
    const { thread, path, saved } = place;
    const work = async (own: StepContext) => ({
      output: await insideOf({ thread, path, saved, inside: nested.id }, () => execute.call(nested, own)),
    });
    if (saved === undefined) return (await work(context)).output;
    const attempt = await new RecordedStep(nested, place, saved).perform(context, work);
    return "output" in attempt ? attempt.output : undefined;
  };
}

function placeIn({
  step,
  workflowId,
  runId,
  iterationCount,
  executionContext,
  stepResults,
}: StepTask): StepPlace {
  const around = placeAround(workflowId);
  const item = executionContext.foreachIndex;
  return {
    thread: around?.thread ?? runId,
    workflowId,
    path: [...(around?.path ?? []), step.id],
    iteration: iterationCount,
    item,
    isFreshItem: item !== undefined && !isSuspendedItem(step, stepResults, item),
    saved: around?.saved,
  };
}

function isSuspendedItem(step: GraphStep, results: StepTask["stepResults"], item: number): boolean {
  const items = results[step.id]?.suspendPayload?.__workflow_meta?.foreachOutput;
  return items?.[item]?.status === "suspended";
}
