import { meterModel, wfloProcessor } from "@wflo/mastra";
import { createWflo, InvalidOptionError } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { agentOf, lines, MODEL, newWflo, openaiOf, settled, simulate } from "./mastra-desk.ts";

const FLAT = { inputTokens: 1_000, outputTokens: 500, totalTokens: 1_500, cachedInputTokens: 400 };
const NESTED = {
  inputTokens: { total: 1_000, noCache: 600, cacheRead: 400, cacheWrite: 0 },
  outputTokens: { total: 500, text: 500, reasoning: 0 },
};

/** A model of a version of the AI SDK's specification, with the usage that it tells. */
function modelOf(specificationVersion: string, usage: unknown, finishReason: unknown) {
  const finish = { type: "finish", finishReason, usage };
  return {
    specificationVersion,
    provider: "openai.chat",
    modelId: MODEL,
    supportedUrls: {},
    doGenerate: async () => ({
      content: [{ type: "text", text: "Bees." }],
      finishReason,
      usage,
      warnings: [],
    }),
    doStream: async () => ({
      stream: new ReadableStream({
        start(controller) {
          for (const part of [
            { type: "stream-start", warnings: [] },
            { type: "text-start", id: "1" },
            { type: "text-delta", id: "1", delta: "Bees." },
            { type: "text-end", id: "1" },
            finish,
          ])
            controller.enqueue(part);
          controller.close();
        },
      }),
    }),
  };
}

const STOP = { unified: "stop", raw: "stop" };
/** 600 at $0.10, 400 at $0.025 and 500 at $0.40 a million. */
const COST = "0.00027";

describe.each([
  ["v2, as its specification says", modelOf("v2", FLAT, "stop")],
  ["v2 with the usage of later ones", modelOf("v2", NESTED, STOP)],
  ["v3", modelOf("v3", NESTED, STOP)],
  ["v4", modelOf("v4", NESTED, STOP)],
])("a model %s", (_, model) => {
  test.each(["meterModel", "wfloProcessor"] as const)("is charged exactly by %s", async (way) => {
    const { wflo } = await newWflo();
    const options = { wflo, budgets: ["user"] };
    const agent =
      way === "meterModel"
        ? agentOf({ model: meterModel(model, options) })
        : agentOf({ model, inputProcessors: [wfloProcessor(options)] });
    const result = await agent.generate("Bees?");
    const streamed = await (await agent.stream("Bees?")).getFullOutput();
    expect([result.text, streamed.text]).toEqual(["Bees.", "Bees."]);
    expect([result.usage.inputTokens, streamed.usage.outputTokens]).toEqual([1_000, 500]);
    const charged = (await lines(wflo, 2)).map(({ charged: cost }) => cost);
    expect(charged).toEqual([COST, COST]);
  });
});

test("a model without usage is charged at its hold, and the next call stops the agent", async () => {
  const { wflo } = await newWflo();
  const agent = agentOf({
    model: modelOf("v4", undefined, STOP),
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  });
  expect((await agent.generate("Bees?")).text).toBe("Bees.");
  const [line] = await lines(wflo, 1);
  expect(line?.charged).toBe(line?.held);
  const { tripwire } = await agent.generate("Bees?");
  expect(tripwire?.metadata).toMatchObject({ code: "WFLO_MISSING_USAGE" });
  expect(tripwire?.reason).toContain("answered an earlier call without usage");
});

test("a model without a known price stops the agent", async () => {
  const { wflo } = await newWflo();
  const agent = agentOf({
    model: { ...modelOf("v4", NESTED, STOP), modelId: "nobody-knows" },
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  });
  const { tripwire } = await agent.generate("Bees?");
  expect(tripwire?.metadata).toMatchObject({ code: "WFLO_UNKNOWN_PRICE" });
  expect(await wflo.calls.list()).toEqual([]);
});

test.each([
  ["a number", 4],
  ["nothing", null],
  ["an object that is no model", { a: 1 }],
  ["a legacy model", modelOf("v1", FLAT, "stop")],
])("%s is no model", (_, model) => {
  expect(() => meterModel(model as never)).toThrow(InvalidOptionError);
});

test.each([
  [{ scope: "tenant" }, /scope is one of run, resource/],
  [{ window: "2h" }, /window is one of 1h, 6h/],
  [{ warnAtPercent: 100 }, /warnAtPercent is above 0 and below 100/],
  [{ maxCost: -1 }, /must|not|between/],
])("wfloProcessor(%o) says what is wrong", (options, message) => {
  expect(() => wfloProcessor(options as never)).toThrow(message);
});

test("a refusal that nobody's processor turns into a tripwire is thrown as it is, and not tried again", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo("0.0001");
  const agent = agentOf({ model: meterModel(openaiOf(simulator)(MODEL), { wflo, budgets: ["user"] }) });
  const startedMs = performance.now();
  const error = await settled(agent.generate("Bees?", { modelSettings: { maxRetries: 3 } } as never));
  expect(error).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED", budgetId: "user" });
  const stream = await agent.stream("Bees?", { modelSettings: { maxRetries: 3 } } as never);
  await stream.consumeStream();
  expect(stream.error).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
  expect(performance.now() - startedMs).toBeLessThan(900);
  expect(simulator.requests).toHaveLength(0);
});

test("a database that cannot be reached lets nothing be sent", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const wflo = createWflo({ logger: { warn: () => {}, error: () => {} } as never });
  await wflo.close();
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
  });
  const { tripwire } = await agent.generate("Bees?");
  expect(tripwire?.metadata).toMatchObject({ code: "WFLO_STORE_UNAVAILABLE" });
  expect(simulator.requests).toHaveLength(0);
});
