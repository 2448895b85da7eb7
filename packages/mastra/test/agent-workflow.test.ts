import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { Memory } from "@mastra/memory";
import { isBudgetExceeded, RunInterruptedError, type Wflo } from "@wflo/core";
import { agentWorkflow, meterModel, wfloProcessor } from "@wflo/mastra";
import type { Simulator } from "@wflo/testkit";
import { expect, test } from "vitest";
import { z } from "zod";
import { lookTool, looking, seenIn, TURN } from "./looking-agent.ts";
import { agentOf, lines, MODEL, newAgent, newWflo, openaiOf, settled, simulate } from "./mastra-desk.ts";

const RUN = "0198c1d2-0000-7000-8000-00000000000b";
const options = { modelSettings: { maxOutputTokens: 1_000 } };

interface Answer {
  readonly text: string;
  readonly finishReason: string;
  readonly steps: readonly object[];
  readonly tripwire?: { readonly reason: string };
}

/** A workflow of an agent as each process makes it. */
function workflowOf(wflo: Wflo, simulator: Simulator, more: object, defaults: object = options) {
  return () => {
    const agent = agentOf({ model: openaiOf(simulator)(MODEL), ...more } as never);
    return wflo.workflow<unknown, Answer>("agent", agentWorkflow(agent, { options: defaults }));
  };
}

test("a run's value is what generate returns, and is saved; its calls are metered although the agent is not", async () => {
  const simulator = await simulate(looking(1));
  const { wflo } = await newWflo();
  const process = workflowOf(wflo, simulator, { tools: { look: lookTool([]) } });
  const answer = await process().run("Look around.", { runId: RUN, budget: "1.00" });
  expect(answer).toMatchObject({ text: "All seen.", finishReason: "stop" });
  expect(answer.steps).toHaveLength(2);
  for (const told of [answer, ...answer.steps]) expect(told).not.toHaveProperty("request");
  const { result, status, cost } = (await wflo.runs.get(RUN))!;
  expect([status, cost.total]).toEqual(["completed", "0.001"]);
  expect(result).toMatchObject({ text: "All seen.", totalUsage: { inputTokens: 2_000 } });
  expect(cost.agents.map(({ name }) => name)).toEqual(["researcher"]);
});

test("an agent is a workflow by itself, and takes messages with options", async () => {
  const simulator = await simulate([{ ...TURN, text: "Fine." }]);
  const { wflo } = await newWflo();
  const agent = agentOf({ model: openaiOf(simulator)(MODEL) });
  const workflow = wflo.workflow<unknown, Answer>("agent", agent as never);
  const messages = [{ role: "user", content: "Bees?" }];
  expect(await workflow.run({ messages, ...options }, { budget: "1.00" })).toMatchObject({ text: "Fine." });
  expect(JSON.stringify(simulator.requests[0]?.body)).toMatch(/Bees\?.*"max_output_tokens":1000/);
  expect(await lines(wflo, 1)).toHaveLength(1);
  await expect(workflow.run(5)).rejects.toThrow(/is run with a text/);
});

test("a refusal pauses the run; after a top-up no turn is asked again and no tool done again", async () => {
  const simulator = await simulate(looking(3));
  const { wflo } = await newWflo();
  const looked: string[] = [];
  const process = workflowOf(wflo, simulator, { tools: { look: lookTool(looked) } });
  const refused = await settled(process().run("Look around.", { runId: RUN, budget: "0.0015" }));
  expect(isBudgetExceeded(refused)).toBe(true);
  expect(refused).toMatchObject({ runId: RUN });
  expect((await wflo.runs.get(RUN))?.status).toBe("paused");
  expect([simulator.requests.length, looked.length]).toEqual([2, 2]);
  expect(await process().resume(RUN, { topUp: { to: "1.00" } })).toMatchObject({ text: "All seen." });
  expect([simulator.requests.length, looked.length]).toEqual([4, 3]);
  expect((await wflo.runs.get(RUN))?.cost.total).toBe("0.002");
});

test("the agent's own processors keep their work, and its own wfloProcessor its budgets", async () => {
  const simulator = await simulate(looking(1));
  const { wflo } = await newWflo();
  const seen: string[] = [];
  const own = {
    id: "own",
    processInput: ({ messages }: { messages: never }) => (seen.push("own"), messages),
  };
  const inputProcessors = [own, wfloProcessor({ wflo, budgets: ["user"] })];
  const process = workflowOf(wflo, simulator, { inputProcessors, tools: { look: lookTool([]) } });
  await process().run("Look around.", { runId: RUN, budget: "1.00" });
  const calls = await lines(wflo, 2);
  expect(calls.map(({ budgetIds }) => budgetIds.toSorted())).toEqual([
    [`run/${RUN}`, "user"],
    [`run/${RUN}`, "user"],
  ]);
  // Two turns and a tool, once.
  expect((await wflo.runs.get(RUN))?.steps).toHaveLength(3);
  const without = workflowOf(wflo, simulator, { inputProcessors: [own] });
  await without().run("Look around.", { budget: "1.00" });
  expect(seen).toEqual(["own", "own"]);
  expect(await lines(wflo, 4)).toHaveLength(4);
});

test("a tripwire of somebody else's is the answer", async () => {
  const simulator = await simulate([{ text: "Fine." }]);
  const { wflo } = await newWflo();
  const guard = {
    id: "guard",
    processInput: ({ abort }: { abort: (why: string) => never }) => abort("Rude."),
  };
  const process = workflowOf(wflo, simulator, { inputProcessors: [guard] });
  const answer = await process().run("Bees?", { runId: RUN });
  expect(answer.tripwire?.reason).toBe("Rude.");
  expect((await wflo.runs.get(RUN))?.status).toBe("completed");
});

test("an agent that works for it is metered; its refusal pauses the run, and what it has done is not done again", async () => {
  const simulator = await simulate((request) => {
    const isWriter = JSON.stringify(request.body).includes("Be the writer");
    if (isWriter) return looking(2)(request);
    return seenIn(request) === 0
      ? { ...TURN, toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
      : { ...TURN, text: "Written." };
  });
  const { wflo, warned } = await newWflo();
  const looked: string[] = [];
  const process = () => {
    const writer = newAgent(
      {
        model: openaiOf(simulator)(MODEL),
        instructions: "Be the writer.",
        tools: { look: lookTool(looked) },
        defaultOptions: options,
      } as never,
      "writer",
    );
    return workflowOf(wflo, simulator, { agents: { writer } })();
  };
  const refused = await settled(process().run("Write.", { runId: RUN, budget: "0.0015" }));
  expect(isBudgetExceeded(refused)).toBe(true);
  expect([simulator.requests.length, looked.length]).toEqual([2, 1]);
  expect(await process().resume(RUN, { topUp: { to: "1.00" } })).toMatchObject({ text: "Written." });
  expect([simulator.requests.length, looked.length]).toEqual([5, 2]);
  expect((await wflo.runs.get(RUN))?.cost.total).toBe("0.0025");
  expect(warned).toEqual([]);
});

test.each([
  [
    "wfloProcessor",
    (model: object) => ({ model, inputProcessors: [wfloProcessor({ budgets: ["writer"] })] }),
  ],
  ["meterModel", (model: object) => ({ model: meterModel(model as never, { budgets: ["writer"] }) })],
])("an agent that works for it is stopped alone by a budget of its own, by %s", async (_, metered) => {
  const simulator = await simulate((request) => {
    const isWriter = JSON.stringify(request.body).includes("Be the writer");
    if (isWriter) return looking(2)(request);
    return seenIn(request) === 0
      ? { ...TURN, toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
      : { ...TURN, text: "Gone on." };
  });
  const { wflo } = await newWflo();
  await wflo.budgets.set({ id: "writer", caps: { total: "0.001" } });
  const writer = newAgent(
    {
      ...metered(openaiOf(simulator)(MODEL)),
      instructions: "Be the writer.",
      tools: { look: lookTool([]) },
      defaultOptions: options,
    } as never,
    "writer",
  );
  const process = workflowOf(wflo, simulator, { agents: { writer } });
  expect(await process().run("Write.", { runId: RUN, budget: "1.00" })).toMatchObject({ text: "Gone on." });
  const { status, cost } = (await wflo.runs.get(RUN))!;
  expect([status, cost.total]).toEqual(["completed", "0.0015"]);
  expect(JSON.stringify(simulator.requests.at(-1)?.body)).toContain("Budget writer has $0.0005 left");
});

test("a refusal inside of a tool pauses the run, instead of being told to the model", async () => {
  const simulator = await simulate(looking(1));
  const { wflo } = await newWflo();
  await wflo.budgets.set({ id: "small", caps: { total: "0.0001" } });
  const inner = newAgent({
    model: openaiOf(simulator)(MODEL),
    inputProcessors: [wfloProcessor({ budgets: ["small"] })],
    defaultOptions: options,
  } as never);
  const look = createTool({
    id: "look",
    description: "Looks.",
    inputSchema: z.object({}),
    execute: async () => ({ seen: (await inner.generate("What?")).text }),
  });
  const process = workflowOf(wflo, simulator, { tools: { look } });
  const refused = await settled(process().run("Look around.", { runId: RUN, budget: "1.00" }));
  expect(refused).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED", budgetId: "small" });
  expect(simulator.requests).toHaveLength(1);
  await wflo.budgets.topUp("small", { to: "1.00" });
  expect(await process().resume(RUN)).toMatchObject({ text: "All seen." });
});

test("a tool that waits for somebody interrupts the run, and goes on with the answer", async () => {
  const simulator = await simulate(looking(2));
  const { wflo } = await newWflo();
  const storage = new InMemoryStore();
  let asked = 0;
  const look = createTool({
    id: "look",
    description: "Looks.",
    inputSchema: z.object({}),
    suspendSchema: z.object({ may: z.string() }),
    resumeSchema: z.object({ by: z.string() }),
    execute: async (_, context) => {
      const { resumeData, suspend } = context.agent ?? {};
      if (resumeData === undefined) {
        asked += 1;
        return suspend?.({ may: "I?" });
      }
      return { seen: (resumeData as { by: string }).by };
    },
  });
  const process = workflowOf(wflo, simulator, { tools: { look }, storage });
  const first = (await settled(
    process().run("Look.", { runId: RUN, budget: "1.00" }),
  )) as RunInterruptedError;
  expect(first).toBeInstanceOf(RunInterruptedError);
  expect(first.interrupts).toEqual([{ step: "look", payload: { may: "I?" } }]);
  const second = (await settled(process().resume(RUN, { answer: { by: "me" } }))) as RunInterruptedError;
  expect(second).toBeInstanceOf(RunInterruptedError);
  expect(await process().resume(RUN, { answer: { by: "you" } })).toMatchObject({ text: "All seen." });
  expect(simulator.requests).toHaveLength(3);
});

test.each([
  [{ approved: true }, 1, "All seen."],
  [{ approved: false }, 0, "All seen."],
])("a tool that needs approval waits for it, and gets %o", async (answer, looks, text) => {
  const simulator = await simulate(looking(1));
  const { wflo } = await newWflo();
  const storage = new InMemoryStore();
  const looked: string[] = [];
  const look = createTool({
    id: "look",
    description: "Looks.",
    inputSchema: z.object({}),
    requireApproval: true,
    execute: async () => (looked.push("look"), { seen: 1 }),
  });
  const process = workflowOf(wflo, simulator, { tools: { look }, storage });
  const asked = (await settled(
    process().run("Look.", { runId: RUN, budget: "1.00" }),
  )) as RunInterruptedError;
  expect(asked).toBeInstanceOf(RunInterruptedError);
  expect(asked.interrupts).toMatchObject([{ step: "look", payload: { args: {} } }]);
  expect(looked).toEqual([]);
  expect(await process().resume(RUN, { answer })).toMatchObject({ text });
  expect([looked.length, simulator.requests.length]).toEqual([looks, 2]);
});

test("an agent with a memory neither asks twice nor remembers twice", async () => {
  const simulator = await simulate(looking(2));
  const { wflo } = await newWflo();
  const memory = new Memory({ storage: new InMemoryStore() });
  const looked: string[] = [];
  const more = { tools: { look: lookTool(looked) }, memory };
  const process = workflowOf(wflo, simulator, more, { ...options, memory: { thread: "t", resource: "r" } });
  await settled(process().run("Look around.", { runId: RUN, budget: "0.0015" }));
  expect(simulator.requests).toHaveLength(2);
  expect(await process().resume(RUN, { topUp: { to: "1.00" } })).toMatchObject({ text: "All seen." });
  expect([simulator.requests.length, looked.length]).toEqual([3, 2]);
  const { messages } = await memory.recall({ threadId: "t", resourceId: "r" });
  expect(messages.filter(({ role }) => role === "user").map(({ id }) => id)).toEqual([RUN]);
});
