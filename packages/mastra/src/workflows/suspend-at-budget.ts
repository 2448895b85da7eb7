import type { AnyWorkflow } from "@mastra/core/workflows";
import { InvalidOptionError } from "@wflo/core";
import { budgetStep } from "./budget-step.ts";
import { declaredStep } from "./declared-step.ts";
import { tellNested, tellPlaces } from "./engine-places.ts";
import {
  isMastraWorkflow,
  partsOf,
  type Condition,
  type GraphEntry,
  type GraphStep,
  type SingleEntry,
  type WorkflowParts,
} from "./mastra-graph.ts";
import { refusalIn } from "../refusals.ts";
import { placeAround } from "./step-place.ts";
import { orBudgetSuspension, orNothing } from "./step-schemas.ts";

const changed = new WeakSet<object>();

/**
 * Has a workflow of Mastra's wait when money runs out: a step whose work is refused is suspended (`suspendPayload[step].wflo` tells of the
 * refusal) instead of failing, and not tried again; after a top-up, `run.resume({ step })` goes on there, in any process. The workflow itself is
 * changed, with those inside of it, and returned. A refusal in the condition of a branch, where Mastra has no way to wait, cancels the run. Throws
 * `InvalidOptionError` for what is no committed workflow.
 */
export function suspendAtBudget<Workflow extends AnyWorkflow>(workflow: Workflow): Workflow {
  if (!isMastraWorkflow(workflow))
    throw new InvalidOptionError(
      "suspendAtBudget takes a workflow of Mastra's: createWorkflow({ … }).commit().",
    );
  change(partsOf(workflow));
  return workflow;
}

function change(workflow: WorkflowParts): void {
  if (changed.has(workflow)) return;
  changed.add(workflow);
  tellPlaces(workflow);
  for (const [at, entry] of workflow.stepFlow.entries())
    workflow.stepFlow[at] = changedEntry(entry, workflow);
}

function changedEntry(entry: GraphEntry, workflow: WorkflowParts): GraphEntry {
  switch (entry.type) {
    case "sleep":
    case "sleepUntil":
      return entry;
    case "parallel":
      return { ...entry, steps: entry.steps.map((single) => changedStep(single, workflow)) };
    case "conditional":
      return {
        ...entry,
        steps: entry.steps.map((single) => changedStep(single, workflow)),
        conditions: entry.conditions.map(cancelling),
      };
    case "loop":
    case "foreach":
      return { ...entry, step: changedStep(entry.step, workflow) };
    default:
      return changedStep(entry, workflow);
  }
}

function changedStep(entry: SingleEntry, workflow: WorkflowParts): SingleEntry {
  if (entry.type !== "step") {
    letResume(workflow, entry.id);
    return { type: "step", step: waiting(declaredStep(entry, workflow), entry.type) };
  }
  if (isMastraWorkflow(entry.step)) {
    const nested = partsOf(entry.step);
    change(nested);
    tellNested(nested);
    return entry;
  }
  letResume(workflow, entry.step.id);
  return { ...entry, step: waiting(entry.step, "step") };
}

/** A run looks here for what a step may be resumed with. */
function letResume({ steps }: WorkflowParts, id: string): void {
  const step = steps[id];
  if (step?.resumeSchema !== undefined) steps[id] = waiting(step, "step");
}

/** The same step, which waits for money. */
function waiting(step: GraphStep, kind: SingleEntry["type"]): GraphStep {
  // What a mapping does is done again: its id is another one in every process.
  const execute = budgetStep(step, (context) => step.execute(context), { isSaved: kind !== "mapping" });
  const property = (get: () => unknown) => ({ get, enumerable: true, configurable: true });
  return Object.create(Object.getPrototypeOf(step) as object | null, {
    ...Object.getOwnPropertyDescriptors(step),
    execute: { value: execute, enumerable: true, configurable: true, writable: true },
    suspendSchema: property(() => orBudgetSuspension(step.suspendSchema)),
    resumeSchema: property(() => orNothing(step.resumeSchema)),
  }) as GraphStep;
}

/** Mastra takes a condition that throws for one that is not met: the run would go on as nobody wanted. */
function cancelling(condition: Condition): Condition {
  return async (context) => {
    try {
      return await condition(context);
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal !== undefined) {
        const saved = placeAround(context.workflowId)?.saved;
        if (saved !== undefined) saved.refusal ??= refusal;
        context.abort?.();
      }
      throw error;
    }
  };
}
