import type { ChatOpenAI } from "@langchain/openai";
import { createWflo, type Database } from "@wflo/core";
import { meterChatModel, WfloSaver } from "@wflo/langgraph";
import { askModel } from "./ask-model.ts";
import { researchGraph } from "./research-graph.ts";

/** The same in every process: the metered model, the graph that keeps its threads, and the workflow that runs it. */
export function openResearch(model: ChatOpenAI, database: Database) {
  const wflo = createWflo({ database });
  const graph = researchGraph(askModel(meterChatModel(model)), new WfloSaver({ database }));
  return { wflo, graph, research: wflo.workflow("graph-research", graph) };
}
