import { isBudgetExceeded, WfloError } from "@wflo/core";
import type { GraphRun } from "./graph-run.ts";
import type { ModelCall } from "./model-call.ts";

/** Where a refusal was met. */
export interface RefusalPlace {
  readonly graphRun: GraphRun | undefined;
  readonly modelCall: ModelCall | undefined;
}

/**
 * Notes a refusal where it was met, and returns what to throw. Inside a graph that a workflow runs it stops the graph as an interrupt
 * does: tasks beside it end and are saved, no policy tries it again, and the thread goes on at the node that was refused. Elsewhere
 * it is an error like any other.
 */
export function metRefusal(error: unknown, { graphRun, modelCall }: RefusalPlace): unknown {
  if (!isRefusal(error)) return error;
  if (modelCall !== undefined) modelCall.refusal ??= error;
  if (graphRun === undefined) return error;
  graphRun.refusal ??= error;
  if (!("is_bubble_up" in error)) Object.defineProperty(error, "is_bubble_up", { value: true });
  return error;
}

/** Whether an error says that there is no money, for now or at all. */
function isRefusal(error: unknown): error is object {
  if (typeof error !== "object" || error === null) return false;
  return isBudgetExceeded(error) || (WfloError.isInstance(error) && error.code === "WFLO_BUDGET_PAUSED");
}
