import { createOpenAI } from "@ai-sdk/openai";
import { agentWorkflow, meter } from "@wflo/ai-sdk";
import { isBudgetExceeded, memoryDatabase } from "@wflo/core";
import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit";
import { jsonSchema, streamText, tool, ToolLoopAgent, type ToolSet } from "ai";
import { MockLanguageModelV4, simulateReadableStream } from "ai/test";
import { expect, test } from "vitest";
import { newWflo, openaiOf, pause, settled, simulate } from "./metering-desk.ts";

const NO_INPUT = jsonSchema<Record<string, never>>({ type: "object", properties: {} });
const TURN = { inputTokens: 1_000, outputTokens: 40 };
const MODEL = "gpt-4.1-nano";

/** Asks for a tool so often, then answers. */
const turns =
  (name: string, times: number) =>
  ({ body }: SimulatorRequest): SimulatorReply => {
    const { messages = [] } = body as { messages?: readonly { role: string }[] };
    const done = messages.filter(({ role }) => role === "tool").length;
    return done < times ? { ...TURN, toolCalls: [{ name, arguments: {} }] } : { ...TURN, text: "Done." };
  };

async function setUp(reply: (request: SimulatorRequest) => SimulatorReply, tools: ToolSet) {
  const { wflo } = await newWflo("1.00", { drainMs: 60_000 });
  const simulator = await simulate(reply);
  const model = meter(createOpenAI({ baseURL: simulator.url, apiKey: "sk-none" }).chat(MODEL));
  const agent = new ToolLoopAgent({ model, maxOutputTokens: 1_000, maxRetries: 0, onError: () => {}, tools });
  return { wflo, simulator, model, agent };
}

/** The status of the only run, once it has one to stay with. */
async function statusOf(wflo: Awaited<ReturnType<typeof newWflo>>["wflo"]) {
  for (let tries = 0; tries < 300; tries += 1) {
    const [run] = await wflo.runs.list();
    if (run !== undefined && run.status !== "running") return run;
    await pause(10);
  }
  throw new Error("its run did not end");
}

test("an error of a tool is told to a resumed agent as it was: nothing after it is done or paid for again", async () => {
  let ran = 0;
  const look = tool({
    inputSchema: NO_INPUT,
    execute: async () => {
      ran += 1;
      if (ran === 1) throw new RangeError("It is too dark.");
      return `Seen ${ran}.`;
    },
  });
  const { wflo, simulator, agent } = await setUp(turns("look", 3), { look });
  const workflow = wflo.workflow("agent", agent, { budget: "0.0007" });
  expect(isBudgetExceeded(await settled(workflow.run({ prompt: "Look." })))).toBe(true);
  expect([simulator.requests.length, ran]).toEqual([2, 2]);
  const { id } = await statusOf(wflo);
  expect((await workflow.resume(id, { topUp: { to: "1.00" } })).text).toBe("Done.");
  expect([simulator.requests.length, ran]).toEqual([4, 3]);
  expect(JSON.stringify(simulator.requests.at(-1))).toContain("RangeError: It is too dark.");
});

test("a stream that a tool begins and nobody reads is read by wflo, and its run comes to its end", async () => {
  const ask = tool({
    inputSchema: NO_INPUT,
    execute: async () => {
      streamText({ model, prompt: "Nobody reads this." });
      return "asked";
    },
  });
  const { wflo, simulator, model, agent } = await setUp(turns("ask", 1), { ask });
  await wflo.workflow("agent", agent, { budget: "1.00" }).run({ prompt: "Ask." });
  expect(await statusOf(wflo)).toMatchObject({ status: "completed" });
  expect(simulator.requests).toHaveLength(3);
});

test("a streamed agent whose provider failed has failed, and goes on where it was when it is resumed", async () => {
  let isDown = true;
  const look = tool({ inputSchema: NO_INPUT, execute: async () => "seen" });
  const reply = (request: SimulatorRequest): SimulatorReply => {
    const answer = turns("look", 1)(request);
    return isDown && "text" in answer ? { status: 500 } : answer;
  };
  const { wflo, simulator, agent } = await setUp(reply, { look });
  const streamed = agentWorkflow<{ prompt: string }, Awaited<ReturnType<typeof agent.stream>>>(agent, {
    stream: true,
  });
  const workflow = wflo.workflow("agent", streamed, { budget: "1.00" });
  await workflow.run({ prompt: "Look." });
  const run = await statusOf(wflo);
  expect(run.status).toBe("failed");
  isDown = false;
  expect(await (await workflow.resume(run.id)).text).toBe("Done.");
  expect(simulator.requests).toHaveLength(3);
});

test.each(["an error of the provider", "an abort"])(
  "a run whose stream was broken off by %s has failed, as it has where nothing streams",
  async (what) => {
    const { wflo } = await newWflo();
    const reply = what === "an abort" ? { ...TURN, tokensPerSecond: 20 } : { status: 500 };
    const model = meter(openaiOf(await simulate([reply])).chat(MODEL));
    const aborting = new AbortController();
    const call = { model, prompt: "Hi", maxRetries: 0, onError: () => {}, abortSignal: aborting.signal };
    await wflo.run({ budget: "1.00" }, () => streamText(call));
    if (what === "an abort") setTimeout(() => aborting.abort(), 100);
    expect(await statusOf(wflo)).toMatchObject({ status: "failed" });
  },
);

test.each([
  ["an error of the provider", { ...TURN, errorAfterChunks: 3 }],
  ["a cut", { ...TURN, tokensPerSecond: 20 }],
] as const)(
  "a streamed agent that is broken off by %s ends for its reader as it does outside of runs",
  async (what, reply) => {
    const { wflo, agent } = await setUp(() => reply, {});
    await wflo.budgets.set({ id: "team", caps: { total: "1.00" } });
    const streamed = agentWorkflow<{ prompt: string }, Awaited<ReturnType<typeof agent.stream>>>(agent, {
      stream: true,
    });
    const [plain, ofRun] = [
      await wflo.run({ budgets: ["team"] }, () => agent.stream({ prompt: "Hi" })),
      await wflo.workflow("agent", streamed, { budgets: ["team"] }).run({ prompt: "Hi" }),
    ];
    const readings = [plain, ofRun].map(({ stream }) => reading(stream));
    if (what === "a cut")
      void Promise.all(readings.map(({ begun }) => begun)).then(() => wflo.budgets.pause("team"));
    const [types, typesOfRun] = await Promise.all(readings.map((one) => one.types));
    expect(types).toEqual(expect.arrayContaining(["text-delta", "error", "finish-step", "finish"]));
    expect(typesOfRun).toEqual(types);
    expect(await ofRun.finishReason).toBe(await plain.finishReason);
  },
);

test("no tool of a streamed agent does anything before the answer that asks for it is saved", async () => {
  const told: string[] = [];
  const look = tool({ inputSchema: NO_INPUT, execute: async () => void told.push("looked") });
  const database = memoryDatabase();
  const commitStep: typeof database.commitStep = async (step) => {
    await pause(100);
    return database.commitStep(step);
  };
  const { wflo } = await newWflo("1.00", { database: { ...database, commitStep } });
  wflo.on("step-saved", ({ step }) => told.push(step.split(":")[0] ?? ""));
  const model = meter(openaiOf(await simulate(turns("look", 1))).chat(MODEL));
  const agent = new ToolLoopAgent({ model, maxOutputTokens: 100, tools: { look } });
  await wflo.workflow("agent", agentWorkflow(agent, { stream: true })).run({ prompt: "Look." });
  expect((await statusOf(wflo)).status).toBe("completed");
  expect(told).toEqual(["model", "looked", "look", "model"]);
});

test("what an answer says before an error is not saved, and no tool does it: a resumed agent does it once", async () => {
  let ran = 0;
  let isDown = true;
  const look = tool({ inputSchema: NO_INPUT, execute: async () => `Seen ${(ran += 1)}.` });
  const call = { type: "tool-call", toolCallId: "look-1", toolName: "look", input: "{}" } as const;
  const finish = (reason: "tool-calls" | "stop") => ({
    type: "finish" as const,
    finishReason: { unified: reason, raw: reason },
    usage: { inputTokens: { total: 1_000 }, outputTokens: { total: 40 } } as never,
  });
  const plain = new MockLanguageModelV4({
    provider: "openai",
    modelId: MODEL,
    doStream: async ({ prompt }) => {
      const error = { type: "error" as const, error: new Error("Overloaded.") };
      const first = isDown ? [call, error, finish("tool-calls")] : [call, finish("tool-calls")];
      const isDone = prompt.some(({ role }) => role === "tool");
      return { stream: simulateReadableStream({ chunks: isDone ? [finish("stop")] : first }) };
    },
  });
  const { wflo } = await newWflo();
  const agent = new ToolLoopAgent({ model: meter(plain), maxRetries: 0, onError: () => {}, tools: { look } });
  const workflow = wflo.workflow("agent", agentWorkflow(agent, { stream: true }), { budget: "1.00" });
  await workflow.run({ prompt: "Look." });
  const { id, status } = await statusOf(wflo);
  expect([status, ran]).toEqual(["failed", 0]);
  isDown = false;
  await workflow.resume(id);
  expect([(await statusOf(wflo)).status, ran]).toEqual(["completed", 1]);
});

test("a tool of a class keeps what its class tells of it", async () => {
  class Look {
    get description() {
      return "Looks around.";
    }
    get inputSchema() {
      return NO_INPUT;
    }
    async execute() {
      return this.description;
    }
  }
  const { wflo, simulator, agent } = await setUp(turns("look", 1), { look: new Look() as ToolSet[string] });
  await wflo.workflow("agent", agent, { budget: "1.00" }).run({ prompt: "Look." });
  const [first] = simulator.requests;
  expect(JSON.stringify(first?.body)).toContain('"description":"Looks around."');
});

test("an agent of a class with private fields runs as one, its tools are steps, and outside of runs it is as before", async () => {
  let ran = 0;
  const look = tool({ inputSchema: NO_INPUT, execute: async () => `Seen ${(ran += 1)}.` });
  const { wflo, simulator, model } = await setUp(turns("look", 3), { look });
  class Counting extends ToolLoopAgent<never, { look: typeof look }> {
    #asked = 0;
    get asked() {
      return this.#asked;
    }
    override generate(call: Parameters<ToolLoopAgent<never, { look: typeof look }>["generate"]>[0]) {
      this.#asked += 1;
      return super.generate(call);
    }
  }
  const agent = new Counting({ model, maxOutputTokens: 1_000, maxRetries: 0, tools: { look } });
  const workflow = wflo.workflow("agent", agent, { budget: "0.0007" });
  expect(isBudgetExceeded(await settled(workflow.run({ prompt: "Look." })))).toBe(true);
  const { id } = await statusOf(wflo);
  expect((await workflow.resume(id, { topUp: { to: "1.00" } })).text).toBe("Done.");
  expect([simulator.requests.length, ran, agent.asked]).toEqual([4, 3, 2]);
  await wflo.run({ budget: "1.00" }, () => agent.generate({ prompt: "Look." }));
  expect([ran, agent.asked]).toEqual([6, 3]);
});

/** The types of the parts of a stream, in the order in which they first come; `begun` is there with its first text. */
function reading(stream: AsyncIterable<{ readonly type: string }>) {
  const begun = Promise.withResolvers<void>();
  const read = async () => {
    const types = new Set<string>();
    for await (const { type } of stream) {
      types.add(type);
      if (type === "text-delta") begun.resolve();
    }
    return [...types];
  };
  return { begun: begun.promise, types: read() };
}
