import { registerMastra } from "./register.ts";

export { agentWorkflow, type AgentWorkflowOptions } from "./agents/agent-workflow.ts";
export { meterEmbedder, type MeteredEmbedder } from "./meter-embedder.ts";
export {
  meterModel,
  type AnyMastraModel,
  type AnyModelWithRetries,
  type MeteredModel,
} from "./meter-model.ts";
export type { RefusalMetadata } from "./errors.ts";
export type { ByRequest, MeterModelOptions, ProcessorOptions } from "./options.ts";
export type { Scope } from "./scopes/scope-key.ts";
export type { ScopeWindow } from "./scopes/scope-window.ts";
export { stepsCost, type StepsCost } from "./usage.ts";
export { wfloProcessor, type WfloProcessor } from "./wflo-processor.ts";
export { WfloWorkflowsStorage, type WorkflowRunWithCost } from "./storage/wflo-workflows-storage.ts";
export type { WorkflowRunCost } from "./storage/run-cost.ts";
export type { WorkflowsStorageOptions } from "./storage/storage-options.ts";
export type { BudgetSuspension, SuspensionDetail } from "./workflows/budget-suspension.ts";
export { mastraWorkflow, type MastraWorkflowOptions } from "./workflows/mastra-workflow.ts";
export { suspendAtBudget } from "./workflows/suspend-at-budget.ts";
export type { StartOfRun } from "./workflows/workflow-run.ts";

registerMastra();
