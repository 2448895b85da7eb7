import { registerLangGraph } from "./graphs/graph-workflow.ts";

export {
  wfloAgentMiddleware,
  type AgentMiddlewareOptions,
  type WfloAgentMiddleware,
} from "./agent-middleware.ts";
export { graphWorkflow, type GraphTarget, type GraphWorkflowOptions } from "./graphs/graph-workflow.ts";
export {
  threadCost,
  type ThreadBranchCost,
  type ThreadCost,
  type ThreadCostSum,
} from "./graphs/thread-cost.ts";
export { meterChatModel } from "./meter-chat-model.ts";
export type { MeterOptions } from "./options.ts";
export type { RunsDeleted } from "./retention/delete-for-runs.ts";
export type { Pruned, PruneOptions } from "./retention/prune-threads.ts";
export { ParentGoneError } from "./saver/parent-gone-error.ts";
export type { WfloSaverOptions } from "./saver/saver-options.ts";
export { UnreadableChannelError } from "./saver/unreadable-channel-error.ts";
export { UnsavableChannelError } from "./saver/unsavable-channel-error.ts";
export { WfloSaver } from "./saver/wflo-saver.ts";
export { InvalidFilterError } from "./store/invalid-filter-error.ts";
export type { WfloStoreOptions } from "./store/store-options.ts";
export { UnsavableItemError } from "./store/unsavable-item-error.ts";
export { WfloStore } from "./store/wflo-store.ts";
export type { Imported, ImportOptions, ImportProgress } from "./transfer/import-threads.ts";
export { wfloCallbacks } from "./wflo-callbacks.ts";

registerLangGraph();
