import { meter, wfloMetadata } from "@wflo/ai-sdk";
import { CallConflictError } from "@wflo/core";
import { generateText, streamText } from "ai";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, partsOf, settled, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
/** What ANSWER costs at the prices of gpt-4.1-nano. */
const COST = "0.000026";

test("providerOptions.wflo names budgets, agent, step and call id of one call, and never reaches the provider", async () => {
  const { wflo } = await newWflo();
  await wflo.budgets.set({ id: "team", caps: { total: "5.00" } });
  const simulator = await simulate([ANSWER]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
  const callId = crypto.randomUUID();
  const mine = { budgets: ["team"], agent: "critic", step: "review", callId };
  const { providerMetadata } = await generateText({
    model,
    prompt: "Hi",
    providerOptions: { wflo: mine, openai: { user: "someone" }, acme: { foreign: true } },
  });
  const [line] = await lines(wflo, 1);
  expect(line).toMatchObject({ callId, agent: "critic", step: "review", charged: COST });
  expect(line?.budgetIds.toSorted()).toEqual(["team", "user"]);
  expect(providerMetadata?.["wflo"]).toMatchObject({ callId, cost: COST, costKind: "known" });
  const sent = JSON.stringify(simulator.requests[0]);
  expect(sent).toContain("someone");
  for (const word of ["wflo", "critic", "review", callId, "foreign"]) expect(sent).not.toContain(word);
});

test("a call id is good for one call: the second one with it is told so", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([{ status: 500, retryAfterMs: 1 }, ANSWER]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
  const callId = crypto.randomUUID();
  // The SDK's own retry is another call, with an id of its own.
  await generateText({ model, prompt: "Hi", providerOptions: { wflo: { callId } } });
  expect((await lines(wflo, 2)).map((line) => line.callId === callId)).toEqual([true, false]);
  const again = generateText({ model, prompt: "Hi", providerOptions: { wflo: { callId } } });
  expect(await settled(again)).toBeInstanceOf(CallConflictError);
});

test.each([
  [{ budget: "1.00" }, 'no option "budget"'],
  ["user", "is an object"],
  [{ budgets: "user" }, "a list of ids"],
  [{ callId: "one" }, "must be a UUID"],
])(
  "settings that mean nothing are refused with a sentence, before anything is sent: %j",
  async (given, sentence) => {
    const { wflo } = await newWflo();
    const simulator = await simulate([ANSWER]);
    const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
    const call = generateText({ model, prompt: "Hi", providerOptions: { wflo: given as never } });
    expect(((await settled(call)) as Error).message).toContain(sentence);
    expect(simulator.requests).toHaveLength(0);
  },
);

test("an answer tells what it cost and what the tightest budget has left, streamed or not", async () => {
  const { wflo } = await newWflo("1.00");
  await wflo.budgets.set({ id: "month", caps: { month: "0.50" }, timeZone: "UTC" });
  const model = meter(openaiOf(await simulate([ANSWER])).chat(MODEL), { wflo, budgets: ["user", "month"] });
  const first = await generateText({ model, prompt: "Hi" });
  const told = wfloMetadata(first.providerMetadata);
  expect(told).toMatchObject({
    cost: COST,
    left: { budgetId: "month", window: "month", amount: "0.499974" },
  });
  expect(new Date(told?.left?.resetsAt ?? "").getUTCDate()).toBe(1);
  await wflo.flush();
  const streamed = streamText({ model, prompt: "Hi" });
  const finish = (await partsOf(streamed.stream)).find((part) => part.type === "finish-step");
  expect(finish?.providerMetadata?.["wflo"]).toMatchObject({
    cost: COST,
    left: { budgetId: "month", amount: "0.499948" },
  });
});

test("where money is short the cap that was written is told, and is in the request", async () => {
  const { wflo } = await newWflo("0.002");
  const simulator = await simulate([{ inputTokens: 10, outputTokens: 20_000 }]);
  const model = meter(openaiOf(simulator).chat(MODEL), { wflo, budgets: ["user"] });
  const { providerMetadata, finishReason } = await generateText({ model, prompt: "Hi" });
  const appliedMaxOutputTokens = wfloMetadata(providerMetadata)?.appliedMaxOutputTokens;
  expect(appliedMaxOutputTokens).toBeGreaterThan(1_024);
  expect(simulator.requests[0]?.maxOutputTokens).toBe(appliedMaxOutputTokens);
  expect(finishReason).toBe("length");
});

test("while money is not short the request is what it is without wflo, but for usage in a stream", async () => {
  const { wflo } = await newWflo("100.00");
  const simulator = await simulate([ANSWER]);
  const plain = openaiOf(simulator).chat(MODEL);
  const model = meter(plain, { wflo, budgets: ["user"] });
  for (const each of [plain, model]) {
    await generateText({
      model: each,
      prompt: "Hi",
      temperature: 0.5,
      providerOptions: { openai: { user: "a" } },
    });
    await partsOf(streamText({ model: each, prompt: "Hi" }).stream);
  }
  const [text, stream, meteredText, meteredStream] = simulator.requests.map(({ body }) => body);
  expect(meteredText).toEqual(text);
  expect(meteredStream).toEqual(stream);
});
