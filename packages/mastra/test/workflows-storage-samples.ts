import type { WorkflowRun } from "@mastra/core/storage";
import type { WorkflowRunState } from "@mastra/core/workflows";

/** A state as Mastra's engine writes it. */
export function stateOf(runId: string, parts: Readonly<Record<string, unknown>> = {}): WorkflowRunState {
  return {
    runId,
    status: "running",
    value: {},
    context: { input: { q: 1 } },
    activePaths: [0],
    stepExecutionPath: ["a"],
    activeStepsPath: { a: [0] },
    serializedStepGraph: [{ type: "step", step: { id: "a" } }],
    suspendedPaths: {},
    waitingPaths: {},
    resumeLabels: {},
    requestContext: {},
    timestamp: 1_796_000_000_000,
    ...parts,
  } as unknown as WorkflowRunState;
}

/** The result of a step. */
export function success(output: unknown): never {
  return { status: "success", payload: {}, output, startedAt: 1, endedAt: 2 } as never;
}

const DAY = 86_400_000;
export const day = (at: number): Date => new Date(Date.UTC(2026, 0, 1) + at * DAY);
export const workflowName = "w";
export const W = (runId: string) => ({ workflowName, runId });
export const ids = ({ runs }: { readonly runs: readonly WorkflowRun[] }) => runs.map(({ runId }) => runId);
