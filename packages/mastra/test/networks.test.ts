import { noopLogger } from "@mastra/core/logger";
import { Mastra } from "@mastra/core/mastra";
import { InMemoryStore } from "@mastra/core/storage";
import { Memory } from "@mastra/memory";
import { wfloProcessor } from "@wflo/mastra";
import type { SimulatorRequest } from "@wflo/testkit";
import { expect, test } from "vitest";
import { lines, MODEL, newAgent, newWflo, openaiOf, simulate } from "./mastra-desk.ts";

const TURN = { inputTokens: 1_000, outputTokens: 1_000 };
const CHOICE = {
  primitiveId: "writer",
  primitiveType: "agent",
  prompt: "Write.",
  selectionReason: "It can.",
};
const CHECK = { isComplete: true, completionReason: "It is written.", finalResult: "Written." };

/** A model that has the writer work, then says that it is done. */
const networking = (request: SimulatorRequest) => {
  const asked = JSON.stringify(request.body);
  if (!asked.includes("json_schema")) return { ...TURN, text: "Written." };
  return { ...TURN, text: JSON.stringify(asked.includes("primitiveId") ? CHOICE : CHECK) };
};

const options = { memory: { thread: "t", resource: "r" }, maxSteps: 3 };
const SETTINGS = { defaultOptions: { modelSettings: { maxOutputTokens: 1_000 } } };

interface Network extends AsyncIterable<object> {
  readonly result: Promise<{ readonly status: string; readonly error?: { readonly message: string } }>;
}

/** What a network of a router and a writer comes to. */
async function networked(model: object, processors: { readonly router: object; readonly writer?: object }) {
  const { router, writer } = processors;
  const inputProcessors = writer === undefined ? [] : [writer];
  const agents = { writer: newAgent({ model, ...SETTINGS, inputProcessors } as never, "writer") };
  const memory = new Memory({ storage: new InMemoryStore() });
  const own = { model, agents, memory, ...SETTINGS, inputProcessors: [router] };
  const agent = newAgent(own as never, "router");
  const parts = { agents: { agent }, storage: new InMemoryStore(), logger: noopLogger as never };
  const network = (await new Mastra(parts)
    .getAgent("agent")
    .network("Bees?", options as never)) as unknown as Network;
  for await (const _ of network) continue;
  return network.result;
}

test("all calls of a network are on the budgets of its agent", async () => {
  const simulator = await simulate(networking);
  const { wflo } = await newWflo();
  const router = wfloProcessor({
    wflo,
    maxCost: "1.00",
    scope: "thread",
    window: "total",
    budgets: ["user"],
  });
  const writer = wfloProcessor({ wflo, maxCost: "1.00", scope: "run" });
  expect((await networked(openaiOf(simulator)(MODEL), { router, writer })).status).toBe("success");
  // The choice of the writer, the writer, the check.
  expect(simulator.requests).toHaveLength(3);
  const charged = await lines(wflo, 3);
  for (const { budgetIds } of charged)
    expect(budgetIds).toEqual(expect.arrayContaining(["mastra/thread/t/total", "user"]));
  const [written] = charged.filter(({ agent }) => agent === "writer");
  expect(written?.budgetIds).toContainEqual(expect.stringMatching(/^mastra\/run\//));
});

test("a network counts as one run", async () => {
  const simulator = await simulate(networking);
  const { wflo } = await newWflo();
  const processor = wfloProcessor({ wflo, maxCost: "1.00", scope: "run" });
  await networked(openaiOf(simulator)(MODEL), { router: processor, writer: processor });
  const ids = (await lines(wflo, 3)).flatMap(({ budgetIds }) => budgetIds);
  expect([ids.length, new Set(ids).size]).toEqual([3, 1]);
});

test("an agent of a network that nobody meters is told of", async () => {
  const simulator = await simulate(networking);
  const { wflo, warned } = await newWflo();
  const told: string[] = [];
  wflo.on("call-unmetered", ({ what }) => told.push(what));
  await networked(openaiOf(simulator)(MODEL), { router: wfloProcessor({ wflo, budgets: ["user"] }) });
  expect(told).toEqual(["agent writer"]);
  expect(warned).toHaveLength(1);
});

test("a network that runs out of money fails by the refusal, and asks nothing more", async () => {
  const simulator = await simulate(networking);
  const { wflo } = await newWflo("0.0014");
  const processor = wfloProcessor({ wflo, budgets: ["user"] });
  const processors = { router: processor, writer: processor };
  const { status, error } = await networked(openaiOf(simulator)(MODEL), processors);
  expect([status, error?.message]).toEqual([
    "failed",
    expect.stringMatching(/^Budget user has \$0\.0004 left/),
  ]);
  expect(simulator.requests).toHaveLength(2);
});

test("a network that names nobody whose budget it could be is not begun", async () => {
  const simulator = await simulate(networking);
  const { wflo } = await newWflo();
  const router = wfloProcessor({ wflo, maxCost: "1.00", scope: "user" });
  await expect(networked(openaiOf(simulator)(MODEL), { router })).rejects.toThrow(/set userId/);
  expect(simulator.requests).toHaveLength(0);
});
