import { AsyncLocalStorage } from "node:async_hooks";
import type { SavedSteps } from "./saved-steps.ts";

/** Where in a workflow of Mastra something is done. */
export interface StepPlace {
  /** The id of the outermost workflow's run. */
  readonly thread: string;
  /** The workflow that has the step. */
  readonly workflowId: string;
  /** The ids of the steps around and of this one, outermost first. */
  readonly path: readonly string[];
  /** Which time around a loop, from 1. */
  readonly iteration?: number | undefined;
  /** Which item of a foreach, from 0. */
  readonly item?: number | undefined;
  /** An item that was not suspended itself: Mastra shows it the payload of one that was. */
  readonly isFreshItem?: boolean | undefined;
  /** Where a run of wflo keeps the results of its steps. */
  readonly saved?: SavedSteps | undefined;
}

/** What steps of a workflow that is about to run are inside of. */
export interface PlaceAround {
  readonly thread: string;
  readonly path: readonly string[];
  readonly saved?: SavedSteps | undefined;
  /** The workflow whose steps are meant: another one that code inside of a step starts is on its own. */
  readonly inside: string;
}

interface Around {
  readonly at?: StepPlace;
  readonly next?: PlaceAround;
}

const storage = new AsyncLocalStorage<Around>();

/** Does the work of a step. */
export function atPlace<T>(at: StepPlace, work: () => T): T {
  return storage.run({ at }, work);
}

/** Does the work of a whole workflow. */
export function insideOf<T>(next: PlaceAround, work: () => T): T {
  return storage.run({ next }, work);
}

/** The step of a workflow that this is, when its engine has told. */
export function placeOf(workflowId: string, stepId: string): StepPlace | undefined {
  const at = storage.getStore()?.at;
  return at?.workflowId === workflowId && at.path.at(-1) === stepId ? at : undefined;
}

/** What a workflow's steps are inside of. */
export function placeAround(workflowId: string): PlaceAround | undefined {
  const next = storage.getStore()?.next;
  return next?.inside === workflowId ? next : undefined;
}
