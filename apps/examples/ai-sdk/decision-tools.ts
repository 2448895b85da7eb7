import { jsonSchema, tool, type ToolSet } from "ai";
import { listDecisions, readDecision, type Tool } from "../openai/decisions.ts";

/** The design decisions of this repository, as tools of the AI SDK. */
export const decisionTools: ToolSet = {
  list_decisions: toolOf(listDecisions),
  read_decision: toolOf(readDecision),
};

function toolOf({ description, parameters, use }: Tool): ToolSet[string] {
  const inputSchema = jsonSchema<{ number?: number }>(parameters);
  return tool({ description, inputSchema, execute: (input) => use(input) });
}
