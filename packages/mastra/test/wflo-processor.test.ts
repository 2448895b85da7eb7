import type { Agent } from "@mastra/core/agent";
import { RequestContext } from "@mastra/core/request-context";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { Memory } from "@mastra/memory";
import { meterModel, stepsCost, wfloProcessor, type RefusalMetadata } from "@wflo/mastra";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { agentOf, lines, MODEL, newAgent, newWflo, openaiOf, simulate, windowOf } from "./mastra-desk.ts";

const LOOK = { toolCalls: [{ name: "look", arguments: "{}" }] };
const look = createTool({
  id: "look",
  description: "Looks.",
  inputSchema: z.object({}),
  execute: async () => ({ seen: "bees" }),
});

describe.each(["generate", "stream"] as const)("%s", (method) => {
  const ask = async (agent: Agent, options: object = {}) =>
    method === "generate"
      ? agent.generate("Bees?", options as never)
      : (await agent.stream("Bees?", options as never)).getFullOutput();

  test("charges every step of an agent and tells its cost", async () => {
    const simulator = await simulate([LOOK, { text: "Bees." }]);
    const { wflo } = await newWflo();
    const agent = agentOf({
      model: openaiOf(simulator)(MODEL),
      tools: { look },
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    const result = await ask(agent);
    expect(result.text).toBe("Bees.");
    const calls = await lines(wflo, 2);
    expect(calls.map(({ agent: name, kind }) => [name, kind])).toEqual([
      ["researcher", "settle"],
      ["researcher", "settle"],
    ]);
    const { spent } = (await windowOf(wflo)) ?? {};
    expect(stepsCost(result)).toEqual({ cost: spent, costKind: "known" });
  });

  test("stops by a tripwire that tells the budget, before anything is sent", async () => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo } = await newWflo("0.0001");
    const told: unknown[] = [];
    const agent = agentOf({
      model: openaiOf(simulator)(MODEL),
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"], onViolation: (it) => void told.push(it) })],
    });
    const { tripwire, text } = await ask(agent);
    expect(simulator.requests).toHaveLength(0);
    expect(text).toBe("");
    expect(tripwire?.reason).toMatch(
      /^Budget user has \$0\.0001 left of \$0\.0001; this call may cost up to \$/,
    );
    const metadata = tripwire?.metadata as RefusalMetadata;
    expect(metadata).toMatchObject({
      code: "WFLO_BUDGET_EXCEEDED",
      processorId: "wflo",
      budgetId: "user",
      cap: "0.0001",
      spent: "0.00",
      threshold: "hard",
    });
    expect(Number(metadata.needed)).toBeGreaterThan(0.0001);
    expect(told).toMatchObject([{ processorId: "wflo", detail: { budgetId: "user" } }]);
  });

  test("stops by the same tripwire when the money runs out where the hold is taken", async () => {
    const simulator = await simulate([{ ...LOOK, inputTokens: 5_000, outputTokens: 10 }, { text: "Bees." }]);
    // Enough for an answer by itself, not for what this one has to read.
    const { wflo } = await newWflo("0.0006");
    const agent = agentOf({
      model: openaiOf(simulator)(MODEL),
      instructions: "bees ".repeat(2_000),
      tools: { look },
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    const { tripwire } = await ask(agent, { modelSettings: { maxRetries: 3 } });
    expect(tripwire?.metadata).toMatchObject({
      code: "WFLO_BUDGET_EXCEEDED",
      budgetId: "user",
      cap: "0.0006",
    });
    expect(simulator.requests).toHaveLength(0);
  });

  test("asks no other model of a list after a refusal, and lets no error processor try again", async () => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo } = await newWflo("0.0006");
    let asked = 0;
    const model = openaiOf(simulator)(MODEL);
    const agent = agentOf({
      model: [
        { model, maxRetries: 3 },
        { model: openaiOf(simulator).chat(MODEL), maxRetries: 3 },
      ],
      instructions: "bees ".repeat(2_000),
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
      errorProcessors: [{ id: "again", processAPIError: () => ((asked += 1), { retry: true }) }],
      maxProcessorRetries: 5,
    });
    const { tripwire } = await ask(agent);
    expect(tripwire?.metadata).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(simulator.requests).toHaveLength(0);
    expect(asked).toBe(0);
  });

  test("holds and charges each retry, and each fallback model, as a call of its own", async () => {
    const simulator = await simulate([{ status: 500 }, { status: 500 }, { text: "Bees." }]);
    const { wflo } = await newWflo();
    const agent = agentOf({
      model: [
        { model: openaiOf(simulator)(MODEL), maxRetries: 1 },
        { model: openaiOf(simulator).chat(MODEL), maxRetries: 0 },
      ],
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    const { text } = await ask(agent);
    expect(text).toBe("Bees.");
    const calls = await lines(wflo, 3);
    expect(calls.map(({ charged }) => Number(charged) > 0)).toEqual([false, false, true]);
    expect(await windowOf(wflo)).toMatchObject({ reserved: "0.00" });
  });

  test("has the calls of agents and tools that work for it on its budgets", async () => {
    const simulator = await simulate((request) =>
      request.index === 0
        ? { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
        : { text: "Written." },
    );
    const { wflo } = await newWflo();
    const openai = openaiOf(simulator);
    const writer = newAgent({ model: meterModel(openai(MODEL), { agent: "writer" }) }, "writer");
    const agent = agentOf({
      model: openai(MODEL),
      agents: { writer },
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    const { text } = await ask(agent);
    expect(text).toBe("Written.");
    const calls = await lines(wflo, 3);
    expect(calls.map(({ agent: name }) => name)).toEqual(["researcher", "writer", "researcher"]);
    expect(calls.every(({ budgetIds }) => budgetIds.includes("user"))).toBe(true);
  });

  test("reports an agent that works for it and is not metered", async () => {
    const simulator = await simulate((request) =>
      request.index === 0
        ? { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
        : { text: "Written." },
    );
    const { wflo, warned } = await newWflo();
    const openai = openaiOf(simulator);
    const told: string[] = [];
    wflo.on("call-unmetered", ({ what }) => void told.push(what));
    const writer = newAgent({ model: openai(MODEL) }, "writer");
    const agent = agentOf({
      model: openai(MODEL),
      agents: { writer },
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    await ask(agent);
    expect(told).toEqual(["agent writer"]);
    expect(warned.join()).toContain("agent writer of mastra are made without being counted");
  });

  test("refuses below, where a budget of an agent's own is spent, while its parent goes on", async () => {
    const simulator = await simulate((request) =>
      request.index === 0
        ? { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
        : { text: "Gone on." },
    );
    const { wflo } = await newWflo();
    await wflo.budgets.set({ id: "writer", caps: { total: "0.0001" } });
    const openai = openaiOf(simulator);
    const writer = newAgent(
      { model: openai(MODEL), inputProcessors: [wfloProcessor({ wflo, budgets: ["writer"] })] },
      "writer",
    );
    const agent = agentOf({
      model: openai(MODEL),
      agents: { writer },
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    const { text, tripwire } = await ask(agent);
    expect([text, tripwire]).toEqual(["Gone on.", undefined]);
    expect(simulator.requests).toHaveLength(2);
    // The one above is told why.
    expect(JSON.stringify(simulator.requests[1]?.body)).toContain("Budget writer has $0.0001 left");
  });

  test("an agent that works for another one and is refused by a budget above both stops both", async () => {
    const simulator = await simulate([
      { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] },
    ]);
    const { wflo } = await newWflo();
    // Enough for one answer.
    await wflo.budgets.set({ id: "org", caps: { total: "0.0005" } });
    await wflo.budgets.set({ id: "team", caps: { total: "1.00" }, parent: "org" });
    const inputProcessors = [wfloProcessor({ wflo, budgets: ["team"] })];
    const model = openaiOf(simulator)(MODEL);
    const defaultOptions = { modelSettings: { maxOutputTokens: 1_000 } };
    const writer = newAgent({ model, defaultOptions } as never, "writer");
    const { text, tripwire } = await ask(
      agentOf({ model, agents: { writer }, inputProcessors, defaultOptions } as never),
    );
    expect([text, tripwire?.metadata]).toMatchObject(["", { budgetId: "org" }]);
  });

  test("an agent's own tool that goes on after a refusal below is no refusal of the agent's", async () => {
    const simulator = await simulate((request) => {
      const isWriter = JSON.stringify(request.body).includes("Be the writer");
      if (isWriter)
        return request.index === 1
          ? { toolCalls: [{ name: "look", arguments: "{}" }] }
          : { text: "Written." };
      return request.index === 0
        ? { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
        : { text: "Gone on." };
    });
    const { wflo } = await newWflo();
    await wflo.budgets.set({ id: "small", caps: { total: "0.0001" } });
    const model = openaiOf(simulator)(MODEL);
    const inner = newAgent(
      { model, inputProcessors: [wfloProcessor({ wflo, budgets: ["small"] })] },
      "inner",
    );
    const look = createTool({
      id: "look",
      description: "Looks.",
      inputSchema: z.object({}),
      execute: async () => ({ seen: (await inner.generate("What?")).tripwire === undefined }),
    });
    const inputProcessors = [wfloProcessor({ wflo, budgets: ["user"] })];
    const writer = newAgent(
      { model, instructions: "Be the writer.", tools: { look }, inputProcessors },
      "writer",
    );
    const { text } = await ask(agentOf({ model, agents: { writer }, inputProcessors }));
    expect(text).toBe("Gone on.");
    const above = JSON.stringify(simulator.requests[3]?.body);
    expect([above.includes("Written."), above.includes("Budget small")]).toEqual([true, false]);
  });
});

describe("scopes", () => {
  test.each([
    ["run", undefined, {}, /^mastra\/run\/[^/]+\/total$/],
    ["resource", "month", { memory: { resource: "r-1", thread: "t-1" } }, /^mastra\/resource\/r-1\/month$/],
    ["thread", "day", { memory: { resource: "r-1", thread: "t-1" } }, /^mastra\/thread\/t-1\/day$/],
    ["user", undefined, { userId: "u-1" }, /^mastra\/user\/u-1\/7d\/\d{4}-\d\d-\d\d$/],
    [
      "organization",
      "1h",
      { organizationId: "o-1" },
      /^mastra\/organization\/o-1\/1h\/\d{4}-\d\d-\d\dT\d\d$/,
    ],
    ["session", "total", { sessionId: "s-1" }, /^mastra\/session\/s-1\/total$/],
  ] as const)("count by %s", async (scope, window, given, id) => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo } = await newWflo();
    const inputProcessors = [wfloProcessor({ wflo, maxCost: 0.5, scope, ...(window ? { window } : {}) })];
    const { memory, ...entries } = given as { memory?: { resource: string; thread: string } };
    const agent = agentOf({
      model: openaiOf(simulator)(MODEL),
      inputProcessors,
      memory: new Memory({ storage: new InMemoryStore() }),
    });
    const requestContext = new RequestContext(Object.entries(entries as Record<string, string>));
    const result = await agent.generate("Bees?", { requestContext, ...(memory ? { memory } : {}) } as never);
    expect(result.tripwire).toBeUndefined();
    const [line] = await lines(wflo, 1);
    expect(line?.budgetIds).toHaveLength(1);
    expect(line?.budgetIds[0]).toMatch(id);
    expect((await wflo.budgets.get(line?.budgetIds[0] ?? ""))?.windows).toMatchObject([{ cap: "0.50" }]);
  });

  test.each(["resource", "thread", "user", "organization", "session"] as const)(
    "stop an agent whose request names no %s",
    async (scope) => {
      const simulator = await simulate([{ text: "Bees." }]);
      const { wflo } = await newWflo();
      const agent = agentOf({
        model: openaiOf(simulator)(MODEL),
        inputProcessors: [wfloProcessor({ wflo, maxCost: 0.5, scope })],
      });
      const { tripwire } = await agent.generate("Bees?");
      expect(tripwire?.reason).toContain(`budget is counted by ${scope}, and the request names none: `);
      expect(simulator.requests).toHaveLength(0);
    },
  );

  test("share a run's budget with the agents that work for it", async () => {
    const simulator = await simulate((request) =>
      request.index === 0
        ? { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
        : { text: "Written." },
    );
    const { wflo } = await newWflo();
    const openai = openaiOf(simulator);
    const inputProcessors = [wfloProcessor({ wflo, maxCost: "0.50", scope: "run" })];
    const writer = newAgent({ model: openai(MODEL), inputProcessors }, "writer");
    const agent = agentOf({ model: openai(MODEL), agents: { writer }, inputProcessors });
    await agent.generate("Bees?");
    const calls = await lines(wflo, 3);
    expect(new Set(calls.flatMap(({ budgetIds }) => budgetIds)).size).toBe(1);
  });

  test("raise a cap by a higher maxCost, and keep what somebody has raised by hand", async () => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo } = await newWflo();
    // Each as if its process had just been started.
    const ask = (maxCost: number) =>
      agentOf({
        model: openaiOf(simulator)(MODEL),
        inputProcessors: [wfloProcessor({ wflo, maxCost: () => maxCost, scope: "user", window: "total" })],
      }).generate("Bees?", { requestContext: new RequestContext([["userId", "u"]]) } as never);
    const cap = async () => (await wflo.budgets.get("mastra/user/u/total"))?.windows[0]?.cap;
    await ask(0.5);
    expect(await cap()).toBe("0.50");
    await ask(2);
    expect(await cap()).toBe("2.00");
    await wflo.budgets.topUp("mastra/user/u/total", { to: "5.00" });
    await ask(1);
    expect(await cap()).toBe("5.00");
  });
});

describe("what stands beside it", () => {
  test("is warned of where another processor spends first", async () => {
    const simulator = await simulate([{ text: "{}" }, { text: "Bees." }]);
    const { wflo, warned } = await newWflo();
    const openai = openaiOf(simulator);
    const spender = {
      id: "spender",
      own: newAgent({ model: openai(MODEL) }, "judge"),
      processInputStep: () => {},
    };
    const agent = agentOf({
      model: openai(MODEL),
      inputProcessors: [spender, wfloProcessor({ wflo, budgets: ["user"] })],
    });
    await agent.generate("Bees?");
    expect(warned.join()).toContain("the processor spender, which stands before wfloProcessor");
  });

  test("may not put a model in its place that nobody metered", async () => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo } = await newWflo();
    const openai = openaiOf(simulator);
    const agent = agentOf({
      model: openai(MODEL),
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    const swapped = await agent.generate("Bees?", {
      prepareStep: () => ({ model: openai.chat(MODEL) }),
    } as never);
    expect(swapped.tripwire?.reason).toContain(`has put ${MODEL} of openai`);
    expect(simulator.requests).toHaveLength(0);
    const metered = await agent.generate("Bees?", {
      prepareStep: () => ({ model: meterModel(openai.chat(MODEL), { wflo, budgets: ["user"] }) }),
    } as never);
    expect([metered.text, metered.tripwire]).toEqual(["Bees.", undefined]);
    expect(await lines(wflo, 1)).toHaveLength(1);
  });

  test("may start tools while an answer still streams", async () => {
    const simulator = await simulate((request) =>
      request.index === 0
        ? {
            toolCalls: [
              LOOK.toolCalls[0],
              { name: "look", arguments: `{"at":"${"bee ".repeat(40)}"}` },
            ] as never,
            tokensPerSecond: 100,
          }
        : { text: "Bees." },
    );
    const { wflo } = await newWflo();
    const order: string[] = [];
    const noted = createTool({
      id: "look",
      description: "Looks.",
      inputSchema: z.object({ at: z.string().optional() }),
      execute: async () => void order.push("begun"),
    });
    const agent = agentOf({
      model: openaiOf(simulator)(MODEL),
      tools: { look: noted },
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    for await (const { type } of (await agent.stream("Bees?")).fullStream)
      if (type === "tool-call") order.push("asked");
    expect(order.slice(0, 3)).toEqual(["asked", "begun", "asked"]);
  });
});
