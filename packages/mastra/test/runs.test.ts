import { RequestContext } from "@mastra/core/request-context";
import { createTool } from "@mastra/core/tools";
import { meterModel, wfloProcessor } from "@wflo/mastra";
import type { SimulatorRequest } from "@wflo/testkit";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentOf, lines, MODEL, newAgent, newWflo, openaiOf, simulate, windowOf } from "./mastra-desk.ts";

const delegates = ({ index }: SimulatorRequest) =>
  index === 0
    ? { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
    : { text: "Written." };

test("a run's cost has its agents, and those that work for them", async () => {
  const simulator = await simulate(delegates);
  const { wflo } = await newWflo();
  const inputProcessors = [wfloProcessor()];
  const writer = newAgent(
    { model: openaiOf(simulator)(MODEL), inputProcessors: [wfloProcessor({ agent: "writer" })] },
    "writer",
  );
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), agents: { writer }, inputProcessors });
  const cost = await wflo.run({ name: "report", budget: "0.50" }, async (run) => {
    await agent.generate("Bees?");
    return run.cost();
  });
  const spent = (await lines(wflo, 3))
    .map(({ charged }) => Number(charged))
    .reduce((sum, one) => sum + one, 0);
  expect(Number(cost.total)).toBeCloseTo(spent, 9);
  expect(cost.agents.map(({ name, calls }) => `${name} ${calls}`).toSorted()).toEqual([
    "researcher 2",
    "writer 1",
  ]);
});

test("a stream that is read outside of the run around it is the run's all the same", async () => {
  const simulator = await simulate([{ text: "Bees.", tokensPerSecond: 200, outputTokens: 20 }]);
  const { wflo } = await newWflo();
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), inputProcessors: [wfloProcessor()] });
  let runId = "";
  const stream = await wflo.run({ name: "report", budget: "0.50" }, async (run) => {
    runId = run.id;
    const opened = await agent.stream("Bees?");
    await opened.consumeStream();
    return { opened: await opened.text };
  });
  expect(stream.opened).not.toBe("");
  const [line] = await lines(wflo, 1);
  expect(line).toMatchObject({ runId, kind: "settle" });
});

test("a run's refusal stops its agents by a tripwire that names the run's budget", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), inputProcessors: [wfloProcessor()] });
  const { tripwire } = await wflo.run({ name: "report", budget: "0.0001" }, () => agent.generate("Bees?"));
  expect(tripwire?.metadata).toMatchObject({ budgetId: expect.stringMatching(/^run\//) as string });
  expect(simulator.requests).toHaveLength(0);
});

test("a model that a tool asks is under the budgets of the agent, by the agent's client", async () => {
  const simulator = await simulate(({ index }) =>
    index === 0 ? { toolCalls: [{ name: "ask", arguments: "{}" }] } : { text: "Bees." },
  );
  const { wflo } = await newWflo();
  const inner = newAgent({ model: meterModel(openaiOf(simulator)(MODEL)) }, "inner");
  const ask = createTool({
    id: "ask",
    description: "Asks.",
    inputSchema: z.object({}),
    execute: async () => ({ text: (await inner.generate("Bees?")).text }),
  });
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    tools: { ask },
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  });
  expect((await agent.generate("Bees?")).text).toBe("Bees.");
  const calls = await lines(wflo, 3);
  expect(calls.map(({ budgetIds }) => budgetIds)).toEqual([["user"], ["user"], ["user"]]);
});

test("budgets may depend on the request", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  await wflo.budgets.set({ id: "org/7", caps: { month: "5.00" } });
  const budgets = (context: RequestContext | undefined) => [`org/${String(context?.get("org"))}`, "user"];
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    inputProcessors: [wfloProcessor({ wflo, budgets })],
  });
  await agent.generate("Bees?", { requestContext: new RequestContext([["org", "7"]]) } as never);
  const [line] = await lines(wflo, 1);
  expect(line?.budgetIds.toSorted()).toEqual(["org/7", "user"]);
  const { tripwire } = await agent.generate("Bees?", {
    requestContext: new RequestContext([["org", "8"]]),
  } as never);
  expect(tripwire).toMatchObject({ metadata: { code: "WFLO_UNKNOWN_BUDGET", budgetId: "org/8" } });
});

test("a warning is told once, a refusal in the user's words", async () => {
  const simulator = await simulate([{ text: "Bees.", inputTokens: 7_000, outputTokens: 1_000 }]);
  const { wflo } = await newWflo();
  const told: unknown[] = [];
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    inputProcessors: [
      wfloProcessor({
        wflo,
        maxCost: "0.0025",
        scope: "user",
        window: "total",
        warnAtPercent: 30,
        message: "Spent {usage} of {limit}.",
        onViolation: ({ message, detail }) => void told.push([detail.threshold, message]),
      }),
    ],
  });
  const ask = () =>
    agent.generate("Bees?", { requestContext: new RequestContext([["userId", "u"]]) } as never);
  await ask();
  await ask();
  await wflo.flush();
  const { tripwire } = await ask();
  expect(tripwire?.reason).toBe("Spent 0.0022 of 0.0025.");
  expect(told).toEqual([
    ["soft", "Budget mastra/user/u/total has spent $0.0011 of $0.0025."],
    ["hard", "Spent 0.0022 of 0.0025."],
  ]);
});

test("a paused budget stops the agent", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  await wflo.budgets.pause("user");
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  });
  const { tripwire } = await agent.generate("Bees?");
  expect(tripwire).toMatchObject({ metadata: { code: "WFLO_BUDGET_PAUSED", budgetId: "user" } });
  expect(simulator.requests).toHaveLength(0);
});

test("fifty agents at once do not pass the cap, and spend what there is", async () => {
  const simulator = await simulate([{ outputTokens: 1_000, latencyMs: 20 }]);
  const { wflo } = await newWflo("0.01", { waitMs: 10_000 });
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  });
  const options = { modelSettings: { maxOutputTokens: 1_000 } } as never;
  const results = await Promise.all(Array.from({ length: 50 }, () => agent.generate("Bees?", options)));
  const window = await windowOf(wflo);
  expect(Number(window?.spent)).toBeLessThanOrEqual(0.01);
  expect(window).toMatchObject({ reserved: "0.00", overrun: "0.00" });
  const answered = results.filter(({ text }) => text !== "").length;
  expect(answered).toBe(simulator.requests.length);
  // Each costs $0.0004 and its few words: what is left does not pay for another hold.
  expect(answered).toBeGreaterThanOrEqual(23);
  expect(results.filter(({ tripwire }) => tripwire !== undefined)).toHaveLength(50 - answered);
});
