import { isBudgetExceeded, WfloError } from "@wflo/core";
import { currentNamespace } from "./graphs/graph-place.ts";
import type { GraphRun } from "./graphs/graph-run.ts";
import type { ModelCall } from "./models/model-call.ts";

/** Where a refusal was met. */
export interface RefusalPlace {
  readonly graphRun: GraphRun | undefined;
  readonly modelCall: ModelCall | undefined;
}

/**
 * Notes a refusal where it was met, and returns what to throw. Inside a graph that a workflow runs it stops the graph as an interrupt
 * without a question does: tasks beside it end and are saved, no policy tries it again, and the thread goes on at the node that was
 * refused. Elsewhere it is an error like any other. `namespace`: of the task that was refused, `node:task|node:task`.
 */
export function metRefusal(
  error: unknown,
  { graphRun, modelCall }: RefusalPlace,
  namespace = currentNamespace(),
): unknown {
  if (!isRefusal(error, graphRun)) return error;
  const thrown = graphRun === undefined ? error : asInterrupt(error);
  graphRun?.refused(error, namespace);
  if (modelCall !== undefined) modelCall.refusal ??= thrown;
  return thrown;
}

/** The same error with what LangGraph knows its interrupts by; of any other error it would take the node for done. */
function asInterrupt(error: object): object {
  const marks = { name: "GraphInterrupt", is_bubble_up: true, interrupts: [] };
  const properties = Object.entries(marks).map(([name, value]) => [name, { value, writable: true }] as const);
  return Object.create(error, Object.fromEntries(properties)) as object;
}

/** Whether an error says that there is no money, for now or at all. That others are busy with it stops graphs only: elsewhere it is worth another try. */
function isRefusal(error: unknown, graphRun: GraphRun | undefined): error is object {
  if (typeof error !== "object" || error === null) return false;
  if (isBudgetExceeded(error)) return true;
  if (!WfloError.isInstance(error)) return false;
  return error.code === "WFLO_BUDGET_PAUSED" || (error.code === "WFLO_BUDGET_BUSY" && graphRun !== undefined);
}
