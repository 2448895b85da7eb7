import { BudgetExceededError, decimalUsd } from "@wflo/core";
import { meterChatModel, wfloCallbacks } from "@wflo/langgraph";
import { HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { getContextVariable } from "@langchain/core/context";
import { expect, test } from "vitest";
import { chatModel, lines, newWflo, pause, settled, simulate, user } from "./metering-desk.ts";

const PROMPT = [new HumanMessage("Say something nice.")];

test("counts a model that nobody wrapped inside a run, and says that it was not wrapped", async () => {
  const simulator = await simulate([{ outputTokens: 12 }]);
  const wflo = await newWflo();
  const told: unknown[] = [];
  wflo.on("call-unwrapped", (call) => void told.push(call));
  const model = chatModel(simulator);
  const runId = await wflo.run({ name: "bare", budgets: ["user"] }, async (run) => {
    await model.invoke(PROMPT);
    await RunnableLambda.from(() => model.invoke(PROMPT)).invoke("x");
    for await (const _ of await model.stream(PROMPT));
    return run.id;
  });
  const found = await lines(wflo, 3);
  expect(found.map(({ kind, runId: of }) => [kind, of])).toEqual(
    Array.from({ length: 3 }, () => ["settle", runId]),
  );
  const { inputTokens, outputTokens } = simulator.billed();
  expect(await user(wflo)).toMatchObject({
    spent: decimalUsd(BigInt(inputTokens * 100 + outputTokens * 400)),
    reserved: "0.00",
  });
  expect(told).toHaveLength(3);
  expect(told[0]).toMatchObject({ provider: "openai", model: "gpt-4.1-nano", runId });
});

test("leaves models alone outside of runs, and after them", async () => {
  const simulator = await simulate([{}]);
  const wflo = await newWflo();
  const model = chatModel(simulator);
  await wflo.run({ name: "empty", budgets: ["user"] }, () => {});
  expect(getContextVariable("wflo_callbacks")).toBeUndefined();
  await model.invoke(PROMPT);
  await pause(50);
  expect(await wflo.calls.list()).toEqual([]);
});

test("holds for as many attempts as a model makes by itself, and refuses before any is sent", async () => {
  const simulator = await simulate([{}]);
  const heldFor = async (maxRetries: number, total: string) => {
    const wflo = await newWflo(total);
    const held: string[] = [];
    wflo.on("call-start", ({ held: amount }) => void held.push(amount));
    const model = chatModel(simulator, { maxRetries, maxTokens: 100 });
    const outcome = await settled(wflo.run({ name: "bare", budgets: ["user"] }, () => model.invoke(PROMPT)));
    return outcome instanceof BudgetExceededError ? "refused" : Number(held[0]);
  };
  const once = Number(await heldFor(0, "1.00"));
  expect(await heldFor(3, "1.00")).toBeCloseTo(4 * once, 9);
  expect(await heldFor(3, (3.9 * once).toFixed(9))).toBe("refused");
  expect(simulator.requests).toHaveLength(2);
});

test("closes a stream that its reader left within five seconds, by what was seen of it", async () => {
  const simulator = await simulate([{ outputTokens: 300, tokensPerSecond: 3_000 }]);
  const wflo = await newWflo();
  const callbacks = [wfloCallbacks({ wflo, budgets: ["user"] })];
  const model = chatModel(simulator, { maxTokens: 20_000 });
  for await (const { text } of await model.stream(PROMPT, { callbacks })) if (text !== "") break;
  const leftMs = performance.now();
  await expect.poll(async () => (await user(wflo))?.reserved).toBe("0.00");
  expect(performance.now() - leftMs).toBeLessThan(5_500);
  const [line] = await lines(wflo, 1);
  expect(line?.kind).toBe("estimate");
  expect(Number(line?.charged)).toBeLessThan(Number(line?.held));
}, 120_000);

test("closes it earlier where its run ends", async () => {
  const simulator = await simulate([{ outputTokens: 300, tokensPerSecond: 3_000 }]);
  const wflo = await newWflo();
  await wflo.run({ name: "bare", budgets: ["user"] }, async () => {
    for await (const { text } of await chatModel(simulator).stream(PROMPT)) if (text !== "") break;
  });
  expect((await lines(wflo, 1))[0]).toMatchObject({ kind: "estimate" });
  expect(await user(wflo)).toMatchObject({ reserved: "0.00" });
});

test("puts the charge right when a stream that was taken for broken off goes on", async () => {
  const simulator = await simulate([{ outputTokens: 4, tokensPerSecond: 0.18 }]);
  const wflo = await newWflo();
  await chatModel(simulator)
    .stream(PROMPT, { callbacks: [wfloCallbacks({ wflo, budgets: ["user"] })] })
    .then(async (chunks) => {
      for await (const _ of chunks);
    });
  const { inputTokens, outputTokens } = simulator.billed();
  const readMs = performance.now();
  await expect
    .poll(async () => (await user(wflo))?.spent)
    .toBe(decimalUsd(BigInt(inputTokens * 100 + outputTokens * 400)));
  expect(performance.now() - readMs).toBeLessThan(5_000);
  expect(await user(wflo)).toMatchObject({ reserved: "0.00" });
}, 120_000);

test("counts a metered model once, whoever else is told of it", async () => {
  const simulator = await simulate([{ outputTokens: 2 }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator), { wflo, budgets: ["user"] });
  const callbacks = [wfloCallbacks({ wflo, budgets: ["user"] })];
  await wflo.run({ name: "both", budgets: ["user"] }, async () => {
    await model.invoke(PROMPT, { callbacks });
    for await (const _ of await model.stream(PROMPT, { callbacks }));
    await model.withConfig({ tags: ["x"] }).invoke(PROMPT, { callbacks });
  });
  expect(await lines(wflo, 3)).toHaveLength(3);
  await pause(50);
  expect(await wflo.calls.list()).toHaveLength(3);
});

test("charges nothing for a call that was refused by its provider, and a doubtful one at its hold", async () => {
  const simulator = await simulate([{ status: 429 }, { neverAnswer: true }]);
  const wflo = await newWflo();
  const run = (timeout?: number) =>
    wflo.run({ name: "bare", budgets: ["user"] }, () =>
      chatModel(simulator, { maxTokens: 50, ...(timeout === undefined ? {} : { timeout }) }).invoke(PROMPT),
    );
  await settled(run());
  await settled(run(200));
  const found = await lines(wflo, 2);
  expect(found.map(({ kind }) => kind)).toEqual(["void", "doubt"]);
  expect(found[1]?.charged).toBe(found[1]?.held);
}, 120_000);
