import { isBudgetSuspension, suspensionOf, type GivenToStep } from "./budget-suspension.ts";
import type { Execute, GraphStep, StepContext } from "./mastra-graph.ts";
import { RecordedStep } from "./recorded-step.ts";
import { keyOf } from "./saved-steps.ts";
import { attemptStep } from "./step-attempt.ts";
import { placeOf, type StepPlace } from "./step-place.ts";
import { issuesOf } from "./step-schemas.ts";

/** The work of a step, which a refusal for want of money suspends; resumed, it gets what it was given before. */
export function budgetStep(
  step: GraphStep,
  execute: Execute,
  { isSaved }: { readonly isSaved: boolean },
): Execute {
  return async (context) => {
    const place = placeOf(context.workflowId, step.id);
    const given = givenTo(context, place);
    if (await isUnanswered(step, given)) return context.suspend(given.suspendData);
    const own = withGiven(context, given);
    const thread = place?.thread ?? context.runId;
    const work = (context: StepContext) =>
      attemptStep(thread, place?.path ?? [step.id], () => execute(context));
    const attempt =
      place?.saved === undefined || !isSaved
        ? await work(own)
        : await new RecordedStep(step, place, place.saved).perform(own, work);
    if ("output" in attempt) return attempt.output;
    if (place?.saved !== undefined) place.saved.refused.set(keyOf(place), attempt.refusal);
    return context.suspend(suspensionOf(attempt.refusal, given));
  };
}

/** What a step that waited for money is given was not told by who resumes it. */
function givenTo({ resumeData, suspendData }: StepContext, place: StepPlace | undefined): GivenToStep {
  if (place?.isFreshItem === true) return {};
  return isBudgetSuspension(suspendData) ? (suspendData.wflo.given ?? {}) : { resumeData, suspendData };
}

/** Whether it is resumed without the answer that it waits for, which Mastra would not have let pass. */
async function isUnanswered(
  { resumeSchema }: GraphStep,
  { resumeData, suspendData }: GivenToStep,
): Promise<boolean> {
  if (suspendData === undefined || resumeData !== undefined) return false;
  return (await issuesOf(resumeSchema, undefined)) !== undefined;
}

function withGiven(context: StepContext, { resumeData, suspendData }: GivenToStep): StepContext {
  if (context.resumeData === resumeData && context.suspendData === suspendData) return context;
  return { ...context, resumeData, suspendData };
}
