import type { Agent } from "@mastra/core/agent";
import { createScorer } from "@mastra/core/evals";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { Memory } from "@mastra/memory";
import { meterModel, wfloProcessor } from "@wflo/mastra";
import { usd, type Wflo } from "@wflo/core";
import type { Simulator, SimulatorReply, SimulatorRequest } from "@wflo/testkit";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { agentOf, lines, MODEL, newAgent, newWflo, openaiOf, simulate } from "./mastra-desk.ts";

/** What the provider bills for all that it served: gpt-4.1-nano at $0.10, $0.025 cached and $0.40 a million tokens. */
function billed({ journal }: Simulator): string {
  const picoUsd = journal.reduce((sum, { served }) => {
    if (served === undefined) return sum;
    const { inputTokens, cachedTokens, outputTokens } = served;
    return sum + (inputTokens - cachedTokens) * 100_000 + cachedTokens * 25_000 + outputTokens * 400_000;
  }, 0);
  return usd((picoUsd / 1e12).toFixed(9)).toString();
}

async function ledger(wflo: Wflo, calls: number): Promise<string> {
  await lines(wflo, calls);
  await wflo.flush();
  const all = await wflo.calls.list({ limit: 1_000 });
  return all.reduce((sum, { charged }) => sum.plus(charged), usd(0)).toString();
}

const CACHED = { inputTokens: 2_000, cachedTokens: 1_500, outputTokens: 300, reasoningTokens: 0 };
const LOOK: SimulatorReply = { ...CACHED, toolCalls: [{ name: "look", arguments: "{}" }] };
const BEES: SimulatorReply = { ...CACHED, text: "Bees." };
const look = createTool({
  id: "look",
  description: "Looks.",
  inputSchema: z.object({}),
  execute: async () => ({ seen: "bees" }),
});
const schema = z.object({ title: z.string() });

interface Row {
  readonly name: string;
  readonly calls: number;
  readonly replies: readonly SimulatorReply[] | ((request: SimulatorRequest) => SimulatorReply);
  readonly play: (desk: { readonly simulator: Simulator; readonly wflo: Wflo }) => Promise<unknown>;
}

/** An agent whose model is metered, and one that a processor meters. */
const WAYS = {
  meterModel: (model: object | string, wflo: Wflo) => ({
    model: meterModel(model as never, { wflo, budgets: ["user"] }) as object,
    inputProcessors: [],
  }),
  wfloProcessor: (model: object | string, wflo: Wflo) => ({
    model,
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  }),
  both: (model: object | string, wflo: Wflo) => ({
    model: meterModel(model as never) as object,
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  }),
};

const ask = (agent: Agent, options: object = {}) => agent.generate("Bees?", options as never);
const stream = async (agent: Agent, options: object = {}) =>
  (await agent.stream("Bees?", options as never)).getFullOutput();

describe.each(Object.keys(WAYS) as (keyof typeof WAYS)[])("%s", (way) => {
  const settings = WAYS[way];
  const rows: readonly Row[] = [
    {
      name: "generate with tools",
      calls: 2,
      replies: [LOOK, BEES],
      play: ({ simulator, wflo }) =>
        ask(agentOf({ ...settings(openaiOf(simulator)(MODEL), wflo), tools: { look } })),
    },
    {
      name: "stream with tools",
      calls: 2,
      replies: [LOOK, BEES],
      play: ({ simulator, wflo }) =>
        stream(agentOf({ ...settings(openaiOf(simulator).chat(MODEL), wflo), tools: { look } })),
    },
    {
      name: "the model router, in one piece and streamed",
      calls: 2,
      replies: [BEES],
      async play({ simulator, wflo }) {
        const agent = agentOf(settings({ id: `openai/${MODEL}`, url: simulator.url, apiKey: "k" }, wflo));
        await ask(agent);
        return stream(agent);
      },
    },
    {
      name: "a function of the request",
      calls: 1,
      replies: [BEES],
      play: ({ simulator, wflo }) => ask(agentOf(settings(() => openaiOf(simulator)(MODEL), wflo))),
    },
    {
      name: "retries and a list of fallbacks",
      calls: 3,
      replies: [{ status: 500 }, { status: 503 }, BEES],
      async play({ simulator, wflo }) {
        const [first, second] = [openaiOf(simulator)(MODEL), openaiOf(simulator).chat(MODEL)];
        const list = [
          { model: first, maxRetries: 1 },
          { model: second, maxRetries: 0 },
        ];
        const own = settings(list, wflo);
        return ask(agentOf(own));
      },
    },
    {
      name: "structured output by the same model",
      calls: 1,
      replies: [{ ...CACHED, text: '{"title":"Bees"}' }],
      play: ({ simulator, wflo }) =>
        ask(agentOf(settings(openaiOf(simulator)(MODEL), wflo)), { structuredOutput: { schema } }),
    },
    {
      name: "structured output by another model, which is metered",
      calls: 2,
      replies: [BEES, { ...CACHED, text: '{"title":"Bees"}' }],
      play: ({ simulator, wflo }) =>
        ask(agentOf(settings(openaiOf(simulator)(MODEL), wflo)), {
          structuredOutput: {
            schema,
            model: meterModel(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] }),
          },
        }),
    },
    {
      name: "agents that work for it",
      calls: 3,
      replies: ({ index }) =>
        index === 0
          ? { ...CACHED, toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
          : BEES,
      play({ simulator, wflo }) {
        const writer = newAgent(settings(openaiOf(simulator)(MODEL), wflo), "writer");
        return ask(agentOf({ ...settings(openaiOf(simulator)(MODEL), wflo), agents: { writer } }));
      },
    },
    {
      name: "a network",
      calls: 3,
      replies: ({ index }) =>
        index === 0
          ? {
              ...CACHED,
              text: '{"primitiveId":"writer","primitiveType":"agent","prompt":"Write.","selectionReason":"It writes."}',
            }
          : index === 1
            ? BEES
            : { ...CACHED, text: '{"isComplete":true,"completionReason":"Done.","finalResult":"Bees."}' },
      async play({ simulator, wflo }) {
        const writer = newAgent(settings(openaiOf(simulator)(MODEL), wflo), "writer");
        const memory = new Memory({ storage: new InMemoryStore() });
        const agent = agentOf({ ...settings(openaiOf(simulator)(MODEL), wflo), agents: { writer }, memory });
        const network = await agent.network("Bees?", { memory: { thread: "t", resource: "r" } } as never);
        for await (const _ of network) void _;
      },
    },
    {
      name: "a workflow with an agent as a step",
      calls: 2,
      replies: [BEES],
      async play({ simulator, wflo }) {
        const agent = agentOf(settings(openaiOf(simulator)(MODEL), wflo));
        const inner = createStep({
          id: "by-hand",
          inputSchema: z.object({ text: z.string() }),
          outputSchema: z.object({ text: z.string() }),
          execute: async () => ({ text: (await agent.generate("Bees?")).text }),
        });
        const workflow = createWorkflow({
          id: "w",
          inputSchema: z.object({ prompt: z.string() }),
          outputSchema: z.object({ text: z.string() }),
        })
          .then(createStep(agent as never))
          .then(inner as never)
          .commit();
        const run = await workflow.createRun();
        const result = await run.start({ inputData: { prompt: "Bees?" } });
        expect(result.status).toBe("success");
      },
    },
  ];

  test.each(rows)("$name: the ledger has what the provider bills", async ({ calls, replies, play }) => {
    const simulator = await simulate(replies as never);
    const { wflo } = await newWflo();
    await play({ simulator, wflo });
    expect(await ledger(wflo, calls)).toBe(billed(simulator));
    expect(simulator.requests.length).toBeGreaterThanOrEqual(calls);
    expect((await wflo.calls.list({ limit: 100 })).length).toBe(simulator.requests.length);
    const window = (await wflo.budgets.get("user"))?.windows[0];
    expect(window).toMatchObject({ spent: billed(simulator), reserved: "0.00" });
  });
});

describe("meterModel where Mastra asks past its processors", () => {
  test("titles of threads, and scorers", async () => {
    const simulator = await simulate(({ body }) =>
      JSON.stringify(body).includes("json_schema") ? { ...CACHED, text: '{"score":1}' } : BEES,
    );
    const { wflo } = await newWflo();
    const model = meterModel(openaiOf(simulator)(MODEL), { wflo, budgets: ["user"] });
    const memory = new Memory({ storage: new InMemoryStore(), options: { generateTitle: true } });
    const agent = agentOf({ model, memory });
    await agent.generate("Bees?", { memory: { thread: "t", resource: "r" } } as never);
    const scorer = createScorer({
      id: "short",
      description: "Is it short?",
      judge: { model, instructions: "Judge." },
    }).generateScore({ description: "Scores.", createPrompt: () => "Score it." });
    await scorer.run({ input: "Bees?", output: "Bees." } as never);
    expect(await ledger(wflo, 3)).toBe(billed(simulator));
    expect(simulator.requests).toHaveLength(3);
  });
});
