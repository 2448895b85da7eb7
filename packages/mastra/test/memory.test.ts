import { createOpenAI } from "@ai-sdk/openai";
import { ModelRouterEmbeddingModel } from "@mastra/core/llm";
import { InMemoryStore } from "@mastra/core/storage";
import { CompositeVoice } from "@mastra/core/voice";
import { LibSQLVector } from "@mastra/libsql";
import { Memory } from "@mastra/memory";
import { meter } from "@wflo/ai-sdk";
import { budgetExceededIn, InvalidOptionError, type Wflo } from "@wflo/core";
import { agentWorkflow, meterEmbedder, meterModel, wfloProcessor } from "@wflo/mastra";
import type { Simulator } from "@wflo/testkit";
import { describe, expect, test } from "vitest";
import { agentOf, lines, MODEL, newWflo, openaiOf, settled, simulate } from "./mastra-desk.ts";

const RUN = "0198c1d2-0000-7000-8000-00000000000c";
const EMBEDDER = "text-embedding-3-small";
const asked = { memory: { thread: "t", resource: "r" } };

/** A memory that finds messages by what they mean. */
function memoryOf(embedder: unknown) {
  const options = { semanticRecall: { topK: 1, messageRange: 1 }, lastMessages: 2 };
  return new Memory({
    storage: new InMemoryStore(),
    vector: new LibSQLVector({ id: "v", url: ":memory:" }),
    embedder: embedder as never,
    options,
  });
}

const embedders = {
  "a model of the current provider package": (simulator: Simulator) =>
    openaiOf(simulator).embedding(EMBEDDER),
  "an id with an address": ({ url }: Simulator) => ({ id: `openai/${EMBEDDER}` as const, url, apiKey: "k" }),
  "a model of the router": ({ url }: Simulator) =>
    new ModelRouterEmbeddingModel({ id: `openai/${EMBEDDER}`, url, apiKey: "k" }),
} as const;

/** What embeddings were charged, as soon as so many calls are in the ledger. */
async function embedded(wflo: Wflo, count: number) {
  return (await lines(wflo, count)).filter(({ model }) => model === EMBEDDER);
}

test.each(Object.entries(embedders))("embeddings by %s are charged", async (_, embedderOf) => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo, warned } = await newWflo();
  const embedder = meterEmbedder(embedderOf(simulator), { wflo, budgets: ["user"] });
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    memory: memoryOf(embedder),
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  });
  expect((await agent.generate("Bees?", asked)).text).toBe("Bees.");
  const sent = simulator.requests.filter(({ api }) => api === "embeddings");
  const calls = await embedded(wflo, sent.length + 1);
  expect(calls).toHaveLength(sent.length);
  // A token of the question is $0.00000002.
  expect(calls.map(({ charged, receipt }) => [charged, receipt.kind])).toContainEqual([
    "0.00000002",
    "known",
  ]);
  expect(warned).toEqual([]);
});

test("in a run of an agent they are the run's", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const memory = memoryOf(meterEmbedder(openaiOf(simulator).embedding(EMBEDDER)));
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), memory });
  const workflow = wflo.workflow<string, unknown>("ask", agentWorkflow(agent, { options: asked }));
  await workflow.run("Bees?", { runId: RUN, budget: "1.00" });
  const calls = await embedded(wflo, simulator.requests.length);
  expect(calls.length).toBe(simulator.requests.length - 1);
  for (const call of calls) expect(call).toMatchObject({ runId: RUN, budgetIds: [`run/${RUN}`] });
  const models = (await wflo.runs.get(RUN))!.cost.models.map(({ name }) => name);
  expect(models).toContain(`openai/${EMBEDDER}`);
});

test("a refusal of one is thrown before it is sent, and not tried again", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo("0.000001");
  const memory = memoryOf(
    meterEmbedder(openaiOf(simulator).embedding(EMBEDDER), { wflo, budgets: ["user"] }),
  );
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), memory });
  const error = await settled(agent.generate("Bees?", asked));
  expect(budgetExceededIn(error)).toMatchObject({ budgetId: "user", cap: "0.000001" });
  expect(simulator.requests).toHaveLength(0);
});

test("a memory that is asked by itself embeds as well; a refusal is not tried again", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const embedder = meterEmbedder(openaiOf(simulator).embedding(EMBEDDER), { wflo, budgets: ["user"] });
  const memory = memoryOf(embedder);
  await memory.createThread({ threadId: "t", resourceId: "r" });
  const recall = (vectorSearchString: string) =>
    memory.recall({ threadId: "t", resourceId: "r", vectorSearchString });
  await recall("Bees?");
  expect(await embedded(wflo, 1)).toHaveLength(1);
  await wflo.budgets.pause("user");
  const startedMs = performance.now();
  expect(await settled(recall("Wasps?"))).toMatchObject({ code: "WFLO_BUDGET_PAUSED" });
  expect(performance.now() - startedMs).toBeLessThan(1_500);
});

test("a refusal of one pauses a run, which goes on after a top-up", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const newProcess = () => {
    // Not the same memory: one whose first request has failed keeps that failure.
    const memory = memoryOf(meterEmbedder(openaiOf(simulator).embedding(EMBEDDER)));
    const agent = agentOf({ model: openaiOf(simulator)(MODEL), memory });
    return wflo.workflow<string, { text: string }>("ask", agentWorkflow(agent, { options: asked }));
  };
  const refused = await settled(newProcess().run("Bees?", { runId: RUN, budget: "0.000001" }));
  expect(refused).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED", runId: RUN });
  expect((await newProcess().resume(RUN, { topUp: { to: "1.00" } })).text).toBe("Bees.");
});

/** A memory that has titles made for its threads. */
function titling(model?: object): Memory {
  const generateTitle = model === undefined ? true : { model: model as never };
  return new Memory({ storage: new InMemoryStore(), options: { generateTitle } });
}

test("in a run titles of threads that nobody meters are told of", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo, warned } = await newWflo();
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), memory: titling() });
  const workflow = wflo.workflow<string, unknown>("ask", agentWorkflow(agent));
  for (const question of ["Bees?", "Wasps?"]) await workflow.run(question, { budget: "1.00" });
  expect(warned).toEqual([expect.stringContaining("the titles of threads of agent researcher")]);
});

describe("what spends past the processor is told once", () => {
  const voice = new CompositeVoice({});
  test.each([
    [
      "an embedder",
      (simulator: Simulator) => ({ memory: memoryOf(openaiOf(simulator).embedding(EMBEDDER)) }),
    ],
    ["a voice", () => ({ voice })],
    ["titles", () => ({ memory: titling() })],
    ["the titles", () => ({ memory: titling(openaiOf({ url: "http://localhost" } as Simulator)(MODEL)) })],
  ])("%s", async (what, more) => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo, warned } = await newWflo();
    const events: string[] = [];
    wflo.on("call-unmetered", ({ what: told }) => events.push(told));
    const agent = agentOf({
      model: openaiOf(simulator)(MODEL),
      ...more(simulator),
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    } as never);
    for (const question of ["Bees?", "Wasps?"]) await settled(agent.generate(question));
    expect(events).toHaveLength(1);
    expect(events[0]).toContain(what.replace("an ", "the ").replace("a ", "the "));
    expect(warned).toHaveLength(1);
  });

  test.each([
    ["the model of the agent", undefined],
    ["a model of their own", "own"],
    ["a function", "chosen"],
  ])("but not titles that %s makes, which is metered", async (_, own) => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo, warned } = await newWflo();
    const model = meterModel(openaiOf(simulator)(MODEL), { wflo });
    const models = { own: model, chosen: meterModel(() => openaiOf(simulator)(MODEL), { wflo }) };
    const agent = agentOf({
      model: own === undefined ? model : openaiOf(simulator)(MODEL),
      memory: titling(models[own as "own"]),
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    await agent.generate("Bees?");
    expect(warned).toEqual([]);
  });

  test("but not a memory that looks for nothing, nor one that the AI SDK's adapter meters", async () => {
    const simulator = await simulate([{ text: "Bees." }]);
    const { wflo, warned } = await newWflo();
    const embedder = openaiOf(simulator).embedding(EMBEDDER);
    const quiet = new Memory({ storage: new InMemoryStore(), embedder: embedder as never });
    for (const memory of [quiet, memoryOf(meter(embedder, { wflo }))]) {
      const agent = agentOf({
        model: openaiOf(simulator)(MODEL),
        memory,
        inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
      });
      await agent.generate("Bees?");
    }
    expect(warned).toEqual([]);
  });
});

test.each([
  ["a number", 4],
  ["nothing", null],
  ["an empty id", ""],
  ["an object that is no model", { a: 1 }],
  ["a language model", createOpenAI({ apiKey: "k" })(MODEL)],
])("%s is no embedding model", (_, model) => {
  expect(() => meterEmbedder(model as never)).toThrow(InvalidOptionError);
});
