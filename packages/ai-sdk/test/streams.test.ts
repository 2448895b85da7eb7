import { meter } from "@wflo/ai-sdk";
import { BudgetPausedError } from "@wflo/core";
import { jsonSchema, streamText, tool } from "ai";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, partsOf, simulate, windowOf } from "./metering-desk.ts";

const SLOW = { inputTokens: 100, outputTokens: 60, tokensPerSecond: 100 };
/** What SLOW costs at the prices of gpt-4.1-nano. */
const COST = "0.000034";

async function setUp(reply: object = SLOW, options: object = {}) {
  const { wflo } = await newWflo();
  const simulator = await simulate([reply]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"], ...options });
  return { wflo, simulator, model };
}

test("a stream that nobody reads is read by wflo, and charged exactly", async () => {
  const { wflo, model } = await setUp({ inputTokens: 100, outputTokens: 60 });
  const result = streamText({ model, prompt: "Hi" });
  // It asks its model when it is made.
  void result;
  expect((await lines(wflo, 1))[0]).toMatchObject({ kind: "settle", charged: COST });
  expect(await windowOf(wflo)).toMatchObject({ spent: COST, reserved: "0.00" });
});

test("a reader that breaks off, and a client that cancels its response, leave an exact charge and no hold", async () => {
  const { wflo, model } = await setUp();
  for await (const text of streamText({ model, prompt: "Hi" }).textStream) if (text !== "") break;
  const { body } = streamText({ model, prompt: "Hi" }).toUIMessageStreamResponse();
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await reader.cancel();
  expect((await lines(wflo, 2)).map(({ kind, charged }) => [kind, charged])).toEqual([
    ["settle", COST],
    ["settle", COST],
  ]);
  expect(await windowOf(wflo)).toMatchObject({ reserved: "0.00" });
});

test.each([
  ["drain", "settle", 60],
  ["cancel", "estimate", undefined],
] as const)(
  "an abort lets its reader go at once; with onAbort %s the charge is one of kind %s",
  async (onAbort, kind, made) => {
    const { wflo, model, simulator } = await setUp(SLOW, { onAbort });
    const aborting = new AbortController();
    const result = streamText({ model, prompt: "Hi", abortSignal: aborting.signal });
    const startedMs = performance.now();
    const parts: string[] = [];
    for await (const part of result.stream) {
      parts.push(part.type);
      if (part.type === "text-delta") aborting.abort();
    }
    expect(parts.at(-1)).toBe("abort");
    expect(performance.now() - startedMs).toBeLessThan(400);
    const [line] = await lines(wflo, 1);
    expect(line?.kind).toBe(kind);
    // What was made when it was cut is charged at least.
    const tokens = made ?? simulator.billed().outputTokens;
    expect(Number(line?.charged)).toBeGreaterThanOrEqual((100 * 0.1 + tokens * 0.4) / 1e6 - 1e-12);
    expect(Number(line?.charged)).toBeLessThanOrEqual(made === undefined ? Number(line?.held) : Number(COST));
    expect(await windowOf(wflo)).toMatchObject({ reserved: "0.00" });
  },
);

test("an error in the middle of a stream reaches its reader, and what came is charged as an estimate", async () => {
  const { wflo, model } = await setUp({ ...SLOW, tokensPerSecond: 2_000, errorAfterChunks: 10 });
  const told: unknown[] = [];
  const parts = await partsOf(
    streamText({ model, prompt: "Hi", onError: ({ error }) => void told.push(error) }).stream,
  );
  expect(parts.some(({ type }) => type === "error")).toBe(true);
  expect(told).toHaveLength(1);
  const [line] = await lines(wflo, 1);
  expect(line?.kind).toBe("estimate");
  expect(Number(line?.charged)).toBeGreaterThan(0);
  expect(Number(line?.charged)).toBeLessThanOrEqual(Number(line?.held));
});

test("a stream that is cut ends with the refusal as a part, between two parts, and the SDK's books close", async () => {
  const { wflo, model } = await setUp();
  const told: unknown[] = [];
  const ended: string[] = [];
  const result = streamText({
    model,
    prompt: "Hi",
    onError: ({ error }) => void told.push(error),
    onEnd: ({ text }) => void ended.push(text),
  });
  const parts = await partsOf(pausing(result.stream, () => wflo.budgets.pause("user")));
  const types = parts.map(({ type }) => type);
  expect(types.slice(-3)).toEqual(["error", "finish-step", "finish"]);
  const error = parts.find((part) => part.type === "error")?.error;
  expect(error).toBeInstanceOf(BudgetPausedError);
  expect(told).toEqual([error]);
  expect(ended).toHaveLength(1);
  expect(ended[0]).not.toBe("");
  const finish = parts.find((part) => part.type === "finish-step");
  const [line] = await lines(wflo, 1);
  expect(line?.kind).toBe("estimate");
  expect(finish?.providerMetadata?.["wflo"]).toMatchObject({ cost: line?.charged, costKind: "unknown" });
});

test("with onCut truncate a stream that is cut ends like one that came to its output cap", async () => {
  const { wflo, model } = await setUp(SLOW, { onCut: "truncate" });
  const result = streamText({ model, prompt: "Hi" });
  const parts = await partsOf(pausing(result.stream, () => wflo.budgets.pause("user")));
  expect(parts.map(({ type }) => type).slice(-3)).toEqual(["text-end", "finish-step", "finish"]);
  expect(await result.finishReason).toBe("length");
  expect((await lines(wflo, 1))[0]?.kind).toBe("estimate");
});

test.each(["error", "truncate"] as const)(
  "a call of a tool is never handed on in halves by a cut (%s)",
  async (onCut) => {
    const toolCalls = [{ name: "look", arguments: { where: "word ".repeat(60) } }];
    const { wflo, model } = await setUp(
      { inputTokens: 100, outputTokens: 60, tokensPerSecond: 100, toolCalls },
      { onCut },
    );
    const seen: unknown[] = [];
    const look = tool({
      inputSchema: jsonSchema<{ where: string }>({
        type: "object",
        properties: { where: { type: "string" } },
      }),
      execute: async (input) => void seen.push(input),
    });
    const result = streamText({ model, prompt: "Hi", tools: { look }, onError: () => {} });
    const parts = await partsOf(pausing(result.stream, () => wflo.budgets.pause("user"), "tool-input-delta"));
    const types = parts.map(({ type }) => type);
    expect(types).toContain("tool-input-start");
    expect(types).not.toContain("tool-call");
    expect(seen).toEqual([]);
  },
);

test("a stream whose provider answers without usage is charged at its hold, and the SDK gets a whole answer", async () => {
  const { wflo, model } = await setUp({ inputTokens: 100, outputTokens: 60, omitUsage: true });
  const result = streamText({ model, prompt: "Hi", maxOutputTokens: 100 });
  expect(await result.text).not.toBe("");
  const [line] = await lines(wflo, 1);
  expect(line).toMatchObject({ kind: "unmeasured", charged: line?.held });
});

test("the provider's own events are shown to whoever asks for them, and to nobody else", async () => {
  const { model } = await setUp({ inputTokens: 100, outputTokens: 5 });
  const shown = await partsOf(
    streamText({ model, prompt: "Hi", include: { rawChunks: true } } as never).stream,
  );
  const hidden = await partsOf(streamText({ model, prompt: "Hi" }).stream);
  expect(shown.some(({ type }) => type === "raw")).toBe(true);
  expect(hidden.some(({ type }) => type === "raw")).toBe(false);
});

test("a response that is never read at all leaves nothing open", async () => {
  const { wflo, model } = await setUp({ inputTokens: 100, outputTokens: 60 });
  streamText({ model, prompt: "Hi" }).toUIMessageStreamResponse();
  await lines(wflo, 1);
  expect(await windowOf(wflo)).toMatchObject({ spent: COST, reserved: "0.00" });
});

/** The same parts, doing something once the first of a kind has come. */
async function* pausing<Part extends { readonly type: string }>(
  parts: AsyncIterable<Part>,
  act: () => Promise<unknown>,
  when = "text-delta",
): AsyncGenerator<Part> {
  let isDone = false;
  for await (const part of parts) {
    yield part;
    if (isDone || part.type !== when) continue;
    isDone = true;
    await act();
  }
}
