import { createOpenAI } from "@ai-sdk/openai";
import { agentWorkflow, meter, steppingTools } from "@wflo/ai-sdk";
import { createWflo, isBudgetExceeded, memoryDatabase, type Wflo } from "@wflo/core";
import { startSimulator, type Simulator, type SimulatorRequest } from "@wflo/testkit";
import { generateText, jsonSchema, tool, ToolLoopAgent, type Agent, type AgentCallParameters } from "ai";
import { expect, onTestFinished, test } from "vitest";

const NO_INPUT = jsonSchema<Record<string, never>>({ type: "object", properties: {} });
/** What one turn costs: 1,000 tokens in and 40 out at the prices of gpt-4.1-nano. */
const TURN = { inputTokens: 1_000, outputTokens: 40 };

/** Asks for the tool twice, then answers: the tool's results in the request tell how far it is. */
function turns({ body }: SimulatorRequest) {
  const { messages = [] } = body as { messages?: readonly { role: string }[] };
  const done = messages.filter(({ role }) => role === "tool").length;
  return done < 2
    ? { ...TURN, toolCalls: [{ name: "look", arguments: {} }] }
    : { ...TURN, text: "All seen." };
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
  const openai = createOpenAI({ baseURL: simulator.url, apiKey: "sk-none" });
  return new ToolLoopAgent({
    model: meter(openai.chat("gpt-4.1-nano")),
    maxOutputTokens: 1_000,
    onError: () => {},
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

/** The price of so many turns, in dollars. */
const priceOf = (turnsMade: number) => String(turnsMade * 0.000116);

test("an agent runs as a workflow: its result is what generate returns, its turns and tools are steps", async () => {
  const { simulator, wflo } = await setUp();
  const looked: string[] = [];
  const workflow = wflo.workflow("agent", agentFor(simulator, looked), { budget: "1.00" });
  const result = await workflow.run({ prompt: "Look around." });
  expect(result.text).toBe("All seen.");
  expect(result.steps).toHaveLength(3);
  expect(looked).toHaveLength(2);
  const [run] = await wflo.runs.list();
  expect(run).toMatchObject({ workflow: "agent", status: "completed" });
  const lines = await wflo.calls.list({ runId: run?.id });
  expect(lines.map(({ step, charged }) => [step?.split(":")[0], charged])).toEqual([
    ["model", "0.000116"],
    ["model", "0.000116"],
    ["model", "0.000116"],
  ]);
});

test("an agent that ran out of money goes on where it was: no answer is asked for, no tool run, a second time", async () => {
  const { simulator, wflo } = await setUp();
  const looked: string[] = [];
  const workflow = wflo.workflow("agent", agentFor(simulator, looked), { budget: "0.0007" });
  const refusal = await workflow.run({ prompt: "Look around." }).catch((error: unknown) => error);
  expect(isBudgetExceeded(refusal)).toBe(true);
  expect(simulator.requests).toHaveLength(2);
  const [run] = await wflo.runs.list({ status: "paused" });
  const before = [...looked];
  const result = await workflow.resume(run?.id ?? "", { topUp: { to: "1.00" } });
  expect(result.text).toBe("All seen.");
  expect(result.totalUsage.outputTokens).toBe(3 * TURN.outputTokens);
  expect(simulator.requests).toHaveLength(3);
  expect(looked).toEqual(before);
  expect(looked).toHaveLength(2);
  expect((await wflo.calls.list({ runId: run?.id })).map(({ charged }) => charged)).toEqual(
    Array.from({ length: 3 }, () => priceOf(1)),
  );
});

test("the result of a run that is over is there as plain data under the same names", async () => {
  const { simulator, wflo } = await setUp();
  const result = await wflo.workflow("agent", agentFor(simulator, [])).run({ prompt: "Look around." });
  const [run] = await wflo.runs.list();
  const saved = (await wflo.runs.get(run?.id ?? ""))?.result as typeof result;
  expect(saved.text).toBe(result.text);
  expect(saved.totalUsage).toMatchObject({ outputTokens: 3 * TURN.outputTokens });
  expect(saved.steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "tool-calls", "stop"]);
  expect(saved.response.messages).toEqual(JSON.parse(JSON.stringify(result.response.messages)));
});

test("a streamed agent goes on where it was, and its run is over when its stream is, read or not", async () => {
  const { simulator, wflo } = await setUp();
  const looked: string[] = [];
  const agent = agentFor(simulator, looked);
  const streamed = agentWorkflow<{ prompt: string }, Awaited<ReturnType<typeof agent.stream>>>(agent, {
    stream: true,
  });
  const workflow = wflo.workflow("agent", streamed, { budget: "0.0007" });
  // Nobody reads it.
  await workflow.run({ prompt: "Look around." });
  await until(async () => (await wflo.runs.list({ status: "paused" })).length === 1);
  expect(simulator.requests).toHaveLength(2);
  const [run] = await wflo.runs.list({ status: "paused" });
  const result = await workflow.resume(run?.id ?? "", { topUp: { to: "1.00" } });
  expect(await result.text).toBe("All seen.");
  await until(async () => (await wflo.runs.list({ status: "completed" })).length === 1);
  expect(simulator.requests).toHaveLength(3);
  expect(looked).toHaveLength(2);
});

test("a sub-agent that is refused inside of a tool goes on where it was, with its tools as steps", async () => {
  const { simulator, wflo } = await setUp();
  const looked: string[] = [];
  const sub = agentFor(simulator, looked);
  // Each call needs just this much.
  const model = meter(createOpenAI({ baseURL: simulator.url, apiKey: "sk-none" }).chat("gpt-4.1-nano"), {
    hold: "0.10",
  });
  const expert = new ToolLoopAgent({
    model,
    tools: steppingTools(sub.tools),
  });
  const parent = new ToolLoopAgent({
    model,
    // Of its two calls of a tool the first is the expert's work, the second nothing.
    tools: {
      look: tool({
        inputSchema: NO_INPUT,
        execute: async (_, { messages }) =>
          messages.length > 1 ? "seen" : (await expert.generate({ prompt: "Look around." })).text,
      }),
    },
  });
  // For the parent's first turn and two of the expert's three.
  const workflow = wflo.workflow("agents", parent, { budget: "0.1003" });
  await expect(workflow.run({ prompt: "Ask." })).rejects.toThrow("has $");
  expect(simulator.requests).toHaveLength(3);
  expect(looked).toHaveLength(2);
  const [run] = await wflo.runs.list({ status: "paused" });
  const result = await workflow.resume(run?.id ?? "", { topUp: { to: "1.00" } });
  expect(result.text).toBe("All seen.");
  // The expert's third, and the parent's second and third.
  expect(simulator.requests).toHaveLength(6);
  expect(looked).toHaveLength(2);
});

test("an agent of a class of the user's own runs as it is, with settings and private fields: its calls of models are steps", async () => {
  const { simulator, wflo } = await setUp();
  const { tools } = agentFor(simulator, []);
  const model = meter(createOpenAI({ baseURL: simulator.url, apiKey: "sk-none" }).chat("gpt-4.1-nano"));
  class Own implements Agent<never, typeof tools> {
    readonly version = "agent-v1";
    readonly id = "own";
    readonly settings = { tools: ["look"] };
    readonly tools = tools;
    #asked = 0;
    async generate({ prompt }: AgentCallParameters<never, typeof tools>) {
      this.#asked += 1;
      const words = [...this.settings.tools, this.#asked, JSON.stringify(prompt)];
      return generateText({ model, tools, prompt: words.join(" ") });
    }
    async stream(): Promise<never> {
      throw new Error("It does not stream.");
    }
  }
  const agent = new Own();
  expect((await wflo.workflow("own", agent).run({ prompt: "Hi" })).finishReason).toBe("tool-calls");
  expect(JSON.stringify(simulator.requests[0]?.body)).toContain("look 1 ");
  const [line] = await wflo.calls.list();
  expect(line?.step).toMatch(/^model:/);
});

test("a call that nobody could run an agent with is refused with a sentence", async () => {
  const { simulator, wflo } = await setUp();
  const workflow = wflo.workflow("agent", agentFor(simulator, []));
  await expect(workflow.run("Look around." as never)).rejects.toThrow("{ prompt } or { messages }");
  expect(() => agentWorkflow({})).toThrow("agentWorkflow takes an agent");
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("it did not come to be so");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
