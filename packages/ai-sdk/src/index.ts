import { registerAiSdk } from "./register.ts";

export { agentWorkflow, type AgentWorkflowOptions } from "./agents/agent-workflow.ts";
export { steppingTools } from "./agents/stepping-tools.ts";
export type { CallSettings } from "./calls/call-settings.ts";
export { wfloMetadata, type WfloMetadata } from "./calls/told-charge.ts";
export { UnmeterableCallError } from "./errors.ts";
export { meter } from "./meter.ts";
export type { MeterOptions } from "./options.ts";
export { answerCost, type AnswerCost, type AnswerPart } from "./streams/answer-cost.ts";
export { wfloMiddleware } from "./wflo-middleware.ts";
export { wfloTelemetry } from "./wflo-telemetry.ts";

registerAiSdk();
