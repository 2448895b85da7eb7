import { registerLangGraph } from "./graph-workflow.ts";

export {
  wfloAgentMiddleware,
  type AgentMiddlewareOptions,
  type WfloAgentMiddleware,
} from "./agent-middleware.ts";
export { graphWorkflow, type GraphTarget, type GraphWorkflowOptions } from "./graph-workflow.ts";
export { ParentGoneError } from "./parent-gone-error.ts";
export type { RunsDeleted } from "./delete-for-runs.ts";
export type { Imported, ImportOptions, ImportProgress } from "./import-threads.ts";
export type { Pruned, PruneOptions } from "./prune-threads.ts";
export { meterChatModel } from "./meter-chat-model.ts";
export type { MeterOptions } from "./model-options.ts";
export type { WfloSaverOptions } from "./options.ts";
export { InvalidFilterError } from "./store/invalid-filter-error.ts";
export type { WfloStoreOptions } from "./store/store-options.ts";
export { UnsavableItemError } from "./store/unsavable-item-error.ts";
export { WfloStore } from "./store/wflo-store.ts";
export { threadCost, type ThreadBranchCost, type ThreadCost, type ThreadCostSum } from "./thread-cost.ts";
export { UnreadableChannelError } from "./unreadable-channel-error.ts";
export { UnsavableChannelError } from "./unsavable-channel-error.ts";
export { wfloCallbacks } from "./wflo-callbacks.ts";
export { WfloSaver } from "./wflo-saver.ts";

registerLangGraph();
