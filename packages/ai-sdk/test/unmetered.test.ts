import { wfloTelemetry, meter } from "@wflo/ai-sdk";
import { generateText, streamText } from "ai";
import { expect, test } from "vitest";
import { MODEL, newWflo, openaiOf, partsOf, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };

test("calls of a model that nobody metered are told inside of a run: each as an event, the model once as a warning", async () => {
  const { wflo, warned } = await newWflo();
  const told: unknown[] = [];
  wflo.on("call-unmetered", (event) => told.push(event));
  const model = openaiOf(await simulate([ANSWER])).chat(MODEL);
  const runId = await wflo.run({ name: "r", budget: "1.00" }, async (run) => {
    await generateText({ model, prompt: "Hi" });
    await partsOf(streamText({ model, prompt: "Hi" }).stream);
    return run.id;
  });
  const event = { provider: "openai.chat", what: MODEL, runId };
  expect(told).toEqual([event, event]);
  expect(warned).toHaveLength(1);
  expect(warned[0]).toContain(`calls to ${MODEL} of openai.chat are made without being counted`);
});

test("nothing is told of metered models, of calls outside of runs, nor twice where it is among a call's own integrations", async () => {
  const { wflo } = await newWflo();
  const told: unknown[] = [];
  wflo.on("call-unmetered", (event) => told.push(event));
  const plain = openaiOf(await simulate([ANSWER])).chat(MODEL);
  await generateText({ model: plain, prompt: "Hi" });
  const model = meter(plain);
  await wflo.run({ name: "r", budget: "1.00" }, async () => {
    await generateText({ model, prompt: "Hi" });
    await partsOf(streamText({ model, prompt: "Hi" }).stream);
  });
  expect(told).toEqual([]);
  await wflo.run({ name: "r", budget: "1.00" }, async () => {
    await generateText({ model: plain, prompt: "Hi", telemetry: { integrations: [wfloTelemetry()] } });
  });
  expect(told).toHaveLength(1);
});
