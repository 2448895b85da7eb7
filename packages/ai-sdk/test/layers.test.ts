import { meter } from "@wflo/ai-sdk";
import { isBudgetExceeded } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, partsOf, settled, simulate, windowOf } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
const COST = "0.000026";

test("a metered model that sends by a metered OpenAI client is charged once, whole or streamed", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([ANSWER]);
  const client = wfloOpenAI(new OpenAI({ baseURL: simulator.url, apiKey: "sk-secret" }), {
    wflo,
    budgets: ["user"],
  });
  const { fetch } = client as unknown as { fetch: typeof globalThis.fetch };
  // By itself, and inside of a function of the user's.
  for (const send of [fetch, ((url, init) => fetch(url, init)) as typeof fetch]) {
    const model = meter(openaiOf(simulator, { fetch: send }).chat(MODEL), { wflo, budgets: ["user"] });
    await generateText({ model, prompt: "Hi" });
    await partsOf(streamText({ model, prompt: "Hi" }).stream);
  }
  expect((await lines(wflo, 4)).map(({ charged }) => charged)).toEqual([COST, COST, COST, COST]);
  expect(simulator.requests).toHaveLength(4);
  expect(await windowOf(wflo)).toMatchObject({ spent: "0.000104", reserved: "0.00" });
});

test("a refusal of the client inside is found by whoever called the model", async () => {
  const { wflo } = await newWflo();
  await wflo.budgets.set({ id: "client", caps: { total: "0.000001" } });
  const simulator = await simulate([ANSWER]);
  const client = wfloOpenAI(new OpenAI({ baseURL: simulator.url, apiKey: "sk-secret" }), {
    wflo,
    budgets: ["client"],
  });
  const { fetch } = client as unknown as { fetch: typeof globalThis.fetch };
  const model = meter(openaiOf(simulator, { fetch }).chat(MODEL), { wflo, budgets: ["user"] });
  expect(isBudgetExceeded(await settled(generateText({ model, prompt: "Hi" })))).toBe(true);
  expect(simulator.requests).toHaveLength(0);
  expect(await windowOf(wflo)).toMatchObject({ spent: "0.00", reserved: "0.00" });
});
