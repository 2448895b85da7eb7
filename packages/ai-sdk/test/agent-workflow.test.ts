import { createOpenAI } from "@ai-sdk/openai";
import { agentWorkflow, meter } from "@wflo/ai-sdk";
import { createWflo, isBudgetExceeded, memoryDatabase, type Wflo } from "@wflo/core";
import { startSimulator, type Simulator, type SimulatorRequest } from "@wflo/testkit";
import { jsonSchema, tool, ToolLoopAgent } from "ai";
import { expect, onTestFinished, test } from "vitest";

const NO_INPUT = jsonSchema<Record<string, never>>({ type: "object", properties: {} });
/** What one turn costs: 1,000 tokens in and 40 out at the prices of gpt-4.1-nano. */
const TURN = { inputTokens: 1_000, outputTokens: 40 };

/** Asks for the tool twice, then answers: the tool's results in the request tell how far it is. */
function turns({ body }: SimulatorRequest) {
  const { messages = [] } = body as { messages?: readonly { role: string }[] };
  const done = messages.filter(({ role }) => role === "tool").length;
  return done < 2 ? { ...TURN, toolCalls: [{ name: "look", arguments: {} }] } : { ...TURN, text: "All seen." };
}

async function setUp(): Promise<{ simulator: Simulator; wflo: Wflo; again: () => Wflo }> {
  const simulator = await startSimulator({ reply: turns });
  const database = memoryDatabase();
  const again = () => createWflo({ database, logger: false, waitMs: 200 });
  const wflo = again();
  onTestFinished(async () => {
    await simulator.close();
    await wflo.close();
  });
  return { simulator, wflo, again };
}

function agentFor(simulator: Simulator, looked: string[]) {
  const openai = createOpenAI({ baseURL: `${simulator.url}/v1`, apiKey: "sk-none" });
  return new ToolLoopAgent({
    model: meter(openai.chat("gpt-4.1-nano")),
    maxOutputTokens: 200,
    tools: {
      look: tool({
        description: "Looks.",
        inputSchema: NO_INPUT,
        execute: async (_, { toolCallId }) => {
          looked.push(toolCallId);
          return { seen: looked.length };
        },
      }),
    },
  });
}

test("an agent runs as a workflow, with its cost, and its result is what generate returns", async () => {
  const { simulator, wflo } = await setUp();
  const looked: string[] = [];
  const workflow = wflo.workflow("agent", agentFor(simulator, looked), { budget: "1.00" });
  const result = await workflow.run({ prompt: "Look around." });
  expect(result.text).toBe("All seen.");
  expect(result.steps).toHaveLength(3);
  expect(looked).toHaveLength(2);
  const [run] = (await wflo.runs.list()).runs ?? [];
  void run;
});
