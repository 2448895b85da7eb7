import type { Wflo, Workflow } from "@wflo/core";
import type OpenAI from "openai";
import type {
  FunctionTool,
  ResponseFunctionToolCall,
  ResponseInput,
  ResponseInputItem,
} from "openai/resources/responses/responses";
import { listDecisions, readDecision } from "./decisions.ts";

const model = "gpt-4.1-mini";
const MAX_TURNS = 30;
const TOOLS = [listDecisions, readDecision];

/** An agent loop as one writes it for OpenAI, each turn in a step: what is done and paid for is never done or paid again. */
export function digestWorkflow(wflo: Wflo, openai: OpenAI): Workflow<string, string> {
  return wflo.workflow("decision-digest", async (run, question) => {
    const input: ResponseInput = [{ role: "user", content: question }];
    for (let turn = 1; turn <= MAX_TURNS; turn += 1) {
      const said = await run.step({ name: "turn", key: turn }, async () => {
        const { output, output_text: text } = await openai.responses.create({ model, input, tools });
        const results = await Promise.all(
          output.filter((item) => item.type === "function_call").map(useTool),
        );
        return { text, output, results };
      });
      if (said.results.length === 0) return said.text;
      input.push(...(said.output as ResponseInput), ...said.results);
    }
    return `No answer after ${MAX_TURNS} turns.`;
  });
}

const tools = TOOLS.map(({ name, description, parameters }): FunctionTool => {
  return { type: "function", name, description, parameters, strict: true };
});

async function useTool(call: ResponseFunctionToolCall): Promise<ResponseInputItem.FunctionCallOutput> {
  const tool = TOOLS.find(({ name }) => name === call.name);
  const output = (await tool?.use(JSON.parse(call.arguments) as object)) ?? `There is no tool ${call.name}.`;
  return { type: "function_call_output", call_id: call.call_id, output };
}
