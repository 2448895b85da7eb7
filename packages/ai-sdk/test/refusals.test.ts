import { BudgetExceededError, isBudgetExceeded, UnknownBudgetError } from "@wflo/core";
import { meter } from "@wflo/ai-sdk";
import { embedMany, generateText, jsonSchema, Output, RetryError, streamText, tool, ToolLoopAgent } from "ai";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, partsOf, settled, simulate, windowOf } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
const NOTHING = jsonSchema<Record<string, never>>({ type: "object", properties: {} });

test("a refused call rejects with the refusal itself, after one attempt that sends nothing", async () => {
  const { wflo } = await newWflo("0.000001");
  const simulator = await simulate([ANSWER]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
  const refusal = await settled(generateText({ model, prompt: "Hi" }));
  expect(refusal).toBeInstanceOf(BudgetExceededError);
  expect(refusal).toMatchObject({ budgetId: "user", cap: "0.000001", status: 402, isRetryable: false });
  expect(simulator.requests).toHaveLength(0);
});

test("a refusal after a failure that was tried again is found inside of the SDK's RetryError", async () => {
  // Two attempts cost 0.50 each while they last: the second one fails for good.
  const { wflo } = await newWflo("0.60");
  const simulator = await simulate([{ status: 504, retryAfterMs: 1 }]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"], hold: "0.50" });
  const error = await settled(generateText({ model, prompt: "Hi" }));
  expect(error).toBeInstanceOf(RetryError);
  expect(isBudgetExceeded(error)).toBe(true);
  expect(simulator.requests).toHaveLength(1);
});

test("a refused stream tells onError, its parts and isBudgetExceeded, and nothing was sent", async () => {
  const { wflo } = await newWflo("0.000001");
  const simulator = await simulate([ANSWER]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
  const told: unknown[] = [];
  const result = streamText({ model, prompt: "Hi", onError: ({ error }) => void told.push(error) });
  const parts = await partsOf(result.stream);
  const error = parts.find((part) => part.type === "error")?.error;
  expect(error).toBeInstanceOf(BudgetExceededError);
  expect(told).toEqual([error]);
  for (const promise of [result.usage, result.text, result.steps]) expect(await settled(promise)).toBe(error);
  expect(simulator.requests).toHaveLength(0);
});

test("a UI message stream carries the sentence of the refusal, where its onError tells it", async () => {
  const { wflo } = await newWflo("0.000001");
  const model = meter(openaiOf(await simulate([ANSWER])).chat(MODEL), { wflo, budgets: ["user"] });
  const result = streamText({ model, prompt: "Hi", onError: () => {} });
  const response = result.toUIMessageStreamResponse({ onError: (error) => (error as Error).message });
  expect(await response.text()).toContain("Budget user has $0.000001 left of $0.000001");
});

test("each retry of a call, and of a stream that broke, is a call of its own", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([
    { status: 500, retryAfterMs: 1 },
    { status: 500, retryAfterMs: 1 },
    ANSWER,
    { ...ANSWER, errorAfterChunks: 2 },
    ANSWER,
  ]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
  await generateText({ model, prompt: "Hi" });
  const result = streamText({ model, prompt: "Hi", streamRetries: 1, onError: () => {} });
  await partsOf(result.stream);
  const made = await lines(wflo, 5);
  expect(made.map(({ kind }) => kind)).toEqual(["void", "void", "settle", "estimate", "settle"]);
  expect(new Set(made.map(({ callId }) => callId)).size).toBe(5);
  expect(await windowOf(wflo)).toMatchObject({ reserved: "0.00" });
});

test("a budget that is not there is refused with its name", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([ANSWER]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["usr"] });
  const error = await settled(generateText({ model, prompt: "Hi" }));
  expect(error).toBeInstanceOf(UnknownBudgetError);
  expect((error as Error).message).toContain("usr");
  expect(simulator.requests).toHaveLength(0);
});

test("a sub-agent without money is an error of its tool, and its parent goes on with money of its own", async () => {
  const { wflo } = await newWflo("1.00");
  await wflo.budgets.set({ id: "sub", caps: { total: "0.000001" } });
  const simulator = await simulate([
    { ...ANSWER, toolCalls: [{ name: "ask", arguments: {} }] },
    { ...ANSWER, text: "I went on without." },
  ]);
  const openai = openaiOf(simulator);
  const expert = new ToolLoopAgent({
    model: meter(openai.chat(MODEL), { wflo, budgets: ["sub"], agent: "expert" }),
  });
  const refusals: unknown[] = [];
  const parent = new ToolLoopAgent({
    model: meter(openai.chat(MODEL), { wflo, budgets: ["user"], agent: "parent" }),
    tools: {
      ask: tool({
        inputSchema: NOTHING,
        execute: async () => {
          try {
            return (await expert.generate({ prompt: "Well?" })).text;
          } catch (error) {
            refusals.push(error);
            throw error;
          }
        },
      }),
    },
  });
  const result = await parent.generate({ prompt: "Ask." });
  expect(result.text).toBe("I went on without.");
  expect(refusals.map((refusal) => isBudgetExceeded(refusal))).toEqual([true]);
  expect((await lines(wflo, 2)).map(({ agent }) => agent)).toEqual(["parent", "parent"]);
});

test("a budget that refused a sub-agent refuses its parent too, where they share it, and sends nothing more", async () => {
  const { wflo } = await newWflo("0.0005");
  const simulator = await simulate([
    { ...ANSWER, outputTokens: 900, toolCalls: [{ name: "ask", arguments: {} }] },
  ]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
  const expert = new ToolLoopAgent({ model, maxOutputTokens: 1_000 });
  const parent = new ToolLoopAgent({
    model,
    maxOutputTokens: 1_000,
    tools: { ask: tool({ inputSchema: NOTHING, execute: async () => expert.generate({ prompt: "Well?" }) }) },
  });
  expect(isBudgetExceeded(await settled(parent.generate({ prompt: "Ask." })))).toBe(true);
  expect(simulator.requests).toHaveLength(1);
});

test("object output, tools that call models and every batch of embedMany are charged", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate(({ api, index }) => {
    if (api === "embeddings") return { inputTokens: 7 };
    return index === 0 ? { ...ANSWER, text: '{"city":"Rome"}' } : ANSWER;
  });
  const provider = meter(openaiOf(simulator), { wflo, budgets: ["user"] });
  const schema = jsonSchema<{ city: string }>({
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  });
  const { output } = await generateText({
    model: provider.chat(MODEL),
    output: Output.object({ schema }),
    prompt: "Where?",
  });
  expect(output).toEqual({ city: "Rome" });
  const values = Array.from({ length: 2_100 }, (_, index) => `text ${index}`);
  const { embeddings } = await embedMany({ model: provider.embedding("text-embedding-3-small"), values });
  expect(embeddings).toHaveLength(2_100);
  const made = await lines(wflo, 3);
  expect(made.map(({ model, kind }) => [model, kind])).toEqual([
    [MODEL, "settle"],
    ["text-embedding-3-small", "settle"],
    ["text-embedding-3-small", "settle"],
  ]);
});
