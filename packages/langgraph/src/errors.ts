import { isBudgetExceeded } from "@wflo/core";
import { currentGraphRun } from "./graph-run.ts";

/**
 * A refusal inside a graph that a workflow runs stops the graph as an interrupt does: tasks beside it end and are saved, no policy
 * tries it again, and the thread goes on at the node that was refused. Elsewhere it is an error like any other.
 */
export function stopsGraph(error: unknown): unknown {
  const run = currentGraphRun();
  if (run === undefined || typeof error !== "object" || error === null || !isBudgetExceeded(error)) return error;
  run.refusal = error;
  if (!("is_bubble_up" in error)) Object.defineProperty(error, "is_bubble_up", { value: true });
  return error;
}
