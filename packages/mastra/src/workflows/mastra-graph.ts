import { InvalidOptionError } from "@wflo/core";
import type { AnyWorkflow } from "@mastra/core/workflows";

/** What a step is called with, as far as it matters here. */
export interface StepContext {
  readonly runId: string;
  readonly workflowId: string;
  readonly inputData: unknown;
  readonly resumeData?: unknown;
  readonly suspendData?: unknown;
  readonly mastra?: unknown;
  readonly requestContext?: RequestValues;
  suspend(payload: unknown, options?: unknown): Promise<unknown>;
  bail(result: unknown): unknown;
  readonly setState?: (state: unknown) => Promise<void>;
  abort?(): unknown;
}

/** Values that go with a request. */
export interface RequestValues {
  set(key: string, value: unknown): void;
  toJSON?(): Record<string, unknown>;
}

/** What does the work of a step. */
export type Execute = (context: StepContext) => unknown;

/** A step as Mastra's graph has it; a workflow can be one. */
export interface GraphStep {
  readonly id: string;
  readonly component?: string;
  readonly suspendSchema?: unknown;
  readonly resumeSchema?: unknown;
  execute: Execute;
}

/** What stands for one step. */
export type SingleEntry =
  | { readonly type: "step"; readonly step: GraphStep }
  | {
      readonly type: "agent" | "tool" | "classifier";
      readonly id: string;
      readonly agent?: object;
      readonly agentId?: string;
      readonly tool?: object;
      readonly toolId?: string;
      readonly classifier?: object;
      readonly classifierId?: string;
      readonly options?: { readonly retries?: number };
    }
  | { readonly type: "mapping"; readonly id: string; readonly mapConfig: unknown };

/** What a condition is asked with, or whatever else is a function of the graph. */
export type Condition = (context: StepContext) => unknown;

/** An entry of a workflow's graph. */
export type GraphEntry =
  | SingleEntry
  | { readonly type: "parallel"; readonly steps: SingleEntry[] }
  | { readonly type: "conditional"; readonly steps: SingleEntry[]; readonly conditions: Condition[] }
  | { readonly type: "loop" | "foreach"; step: SingleEntry }
  | { readonly type: "sleep" | "sleepUntil" };

/** What is asked of an engine. */
export interface StepTask {
  readonly step: GraphStep;
  readonly workflowId: string;
  readonly runId: string;
  readonly iterationCount?: number;
  readonly executionContext: { readonly foreachIndex?: number };
  readonly stepResults: Readonly<Record<string, StoredResult | undefined>>;
}

/** What is known of a step so far. */
export interface StoredResult {
  readonly status?: string;
  readonly suspendPayload?: {
    readonly __workflow_meta?: { readonly foreachOutput?: readonly (StoredResult | null | undefined)[] };
  };
}

/** The parts of an engine of Mastra's that are looked at; those that work by events have no `executeStep`. */
export interface Engine {
  readonly executeStep?: (task: StepTask) => Promise<unknown>;
  readonly executeSleepDuration?: (
    ms: number,
    id: string,
    workflowId: string,
    signal?: AbortSignal,
  ) => Promise<void>;
  readonly executeSleepUntilDate?: (
    until: Date,
    id: string,
    workflowId: string,
    signal?: AbortSignal,
  ) => Promise<void>;
}

/** A workflow of Mastra's from inside. */
export interface WorkflowParts extends GraphStep {
  readonly committed: boolean;
  readonly stepFlow: GraphEntry[];
  readonly steps: Record<string, GraphStep>;
  readonly executionEngine: Engine;
  readonly mastra: unknown;
}

/** Whether a value is a workflow of Mastra's. */
export function isMastraWorkflow(value: unknown): value is AnyWorkflow {
  if (typeof value !== "object" || value === null) return false;
  const { component, createRun, stepFlow } = value as Readonly<Record<string, unknown>>;
  return component === "WORKFLOW" && typeof createRun === "function" && Array.isArray(stepFlow);
}

/** A workflow from inside. Throws `InvalidOptionError` for one that is not ready. */
export function partsOf(workflow: object): WorkflowParts {
  const parts = workflow as WorkflowParts;
  if (parts.committed) return parts;
  throw new InvalidOptionError(
    `Workflow ${parts.id} is not committed: suspendAtBudget(createWorkflow({ … }).then(step).commit()).`,
  );
}
