import { registerPending, registerTarget } from "@wflo/core";
import { registerTelemetry } from "ai";
import { agentWorkflow } from "./agents/agent-workflow.ts";
import { isAgent } from "./agents/stepping-agent.ts";
import { pendingStream } from "./streams/pending-stream.ts";
import { wfloTelemetry } from "./wflo-telemetry.ts";

/** Teaches wflo the agents and the results of the AI SDK, and the AI SDK to tell of calls that nobody metered. */
export function registerAiSdk(): void {
  registerTarget((target) => (isAgent(target) ? agentWorkflow(target) : undefined));
  registerPending(pendingStream);
  registerTelemetry(wfloTelemetry());
}
