import { registerTarget } from "@wflo/core";
import { isMastraWorkflow } from "./workflows/mastra-graph.ts";
import { mastraWorkflow } from "./workflows/mastra-workflow.ts";

/** Teaches wflo the workflows of Mastra. */
export function registerMastra(): void {
  registerTarget((target) => (isMastraWorkflow(target) ? mastraWorkflow(target) : undefined));
}
