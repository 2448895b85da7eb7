import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import type { Wflo } from "@wflo/core";
import { meterModel, wfloProcessor, type AnyMastraModel } from "@wflo/mastra";
import { decisionTools } from "./decision-tools.ts";

/** The agents of the examples, as one writes them for Mastra, and two words more: `meterModel` and `wfloProcessor`. */
export function crewOf(chatModel: AnyMastraModel, wflo: Wflo) {
  const model = meterModel(chatModel, { wflo });
  const reader = new Agent({
    id: "reader",
    name: "Reader",
    description: "Reads design decisions and tells their titles.",
    instructions:
      "You read the design decisions that you are asked about, one by one, and answer with their titles.",
    model,
    tools: decisionTools,
    inputProcessors: [wfloProcessor({ wflo })],
  });
  const editor = new Agent({
    id: "editor",
    name: "Editor",
    description: "Makes one sentence of notes.",
    instructions: "You make one sentence of the notes that you are given.",
    model,
    inputProcessors: [wfloProcessor({ wflo })],
  });
  const supervisor = new Agent({
    id: "supervisor",
    name: "Supervisor",
    instructions: "You have the reader read what is asked for, then the editor make a sentence of it.",
    model,
    agents: { reader, editor },
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user/42"] })],
  });
  return new Mastra({ agents: { reader, editor, supervisor }, logger: false });
}
