import { createWflo } from "@wflo/core";
import "@wflo/langgraph";
import { HumanMessage } from "@langchain/core/messages";
import { expect, onTestFinished, test } from "vitest";
import { chatModel, lines, settled, simulate } from "./metering-desk.ts";

const PROMPT = [new HumanMessage("Say something nice.")];

/** A client that waits for open calls of a run as long as it does by default. */
function patientClient() {
  const wflo = createWflo({ logger: false, settle: "background" });
  onTestFinished(() => wflo.close());
  return wflo;
}

test("ends a run soon that opened a stream and gave it up before its first piece", async () => {
  const simulator = await simulate([{ inputTokens: 30, outputTokens: 100, tokensPerSecond: 200 }]);
  const wflo = patientClient();
  const startMs = performance.now();
  await wflo.run({ name: "left", budget: "1.00" }, async () => {
    const stream = await chatModel(simulator, { maxTokens: 200 }).stream(PROMPT);
    await stream.cancel();
  });
  expect(performance.now() - startMs).toBeLessThan(5_000);
  const [run] = await wflo.runs.list();
  expect((await wflo.budgets.get(`run/${run?.id}`))?.windows[0]).toMatchObject({ reserved: "0.00" });
});

test("waits for the bill of a call that its run did not wait for", async () => {
  const simulator = await simulate([{ inputTokens: 300, outputTokens: 100, latencyMs: 200 }]);
  const wflo = patientClient();
  const asked: Promise<unknown>[] = [];
  await wflo.run({ name: "raced", budget: "1.00" }, async () => {
    asked.push(chatModel(simulator, { maxTokens: 200 }).invoke(PROMPT));
    await expect.poll(() => simulator.requests.length).toBe(1);
  });
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.00007" }]);
  await Promise.all(asked);
});

test("charges nothing for a call whose caller had left before it was sent", async () => {
  const simulator = await simulate([{ inputTokens: 30, outputTokens: 10 }]);
  const wflo = patientClient();
  const model = chatModel(simulator, { maxTokens: 200 });
  const ask = () => settled(model.invoke(PROMPT, { signal: AbortSignal.abort() }));
  await wflo.run({ name: "unwanted", budget: "1.00" }, ask);
  expect(simulator.requests).toHaveLength(0);
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "void" }]);
});
