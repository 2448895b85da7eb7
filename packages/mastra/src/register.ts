import { registerPending, registerTarget } from "@wflo/core";
import { agentWorkflow } from "./agents/agent-workflow.ts";
import { isMastraAgent } from "./agents/mastra-agent.ts";
import { pendingOutput } from "./agents/streamed-answer.ts";
import { isMastraWorkflow } from "./workflows/mastra-graph.ts";
import { mastraWorkflow } from "./workflows/mastra-workflow.ts";

/** Teaches wflo the workflows, the agents and the streams of Mastra. */
export function registerMastra(): void {
  registerPending(pendingOutput);
  registerTarget((target) => {
    if (isMastraWorkflow(target)) return mastraWorkflow(target);
    return isMastraAgent(target) ? agentWorkflow(target) : undefined;
  });
}
