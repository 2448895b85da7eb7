import { registerTarget } from "@wflo/core";
import { agentWorkflow, isMastraAgent } from "./agents/agent-workflow.ts";
import { isMastraWorkflow } from "./workflows/mastra-graph.ts";
import { mastraWorkflow } from "./workflows/mastra-workflow.ts";

/** Teaches wflo the workflows and the agents of Mastra. */
export function registerMastra(): void {
  registerTarget((target) => {
    if (isMastraWorkflow(target)) return mastraWorkflow(target);
    return isMastraAgent(target) ? agentWorkflow(target) : undefined;
  });
}
