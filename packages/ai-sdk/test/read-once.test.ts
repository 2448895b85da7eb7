import { meter } from "@wflo/ai-sdk";
import type { Wflo } from "@wflo/core";
import {
  experimental_streamTextLowMemory as streamTextLowMemory,
  isStepCount,
  jsonSchema,
  tool,
  type LanguageModel,
} from "ai";
import { expect, test, vi } from "vitest";
import { MODEL, newWflo, openaiOf, simulate } from "./metering-desk.ts";

const NOTHING = jsonSchema<Record<string, never>>({ type: "object", properties: {} });
const look = tool({ description: "Looks.", inputSchema: NOTHING, execute: async () => "seen" });
const LOOK = { toolCalls: [{ name: "look", arguments: {} }] };

function ask(wflo: Wflo, model: LanguageModel) {
  const options = { model, prompt: "Hi", tools: { look }, stopWhen: isStepCount(5), onError: () => {} };
  return wflo.run({ name: "once" }, () => streamTextLowMemory(options));
}

/** The status of the run, once it is over. */
const endOf = (wflo: Wflo) =>
  vi.waitFor(async () => {
    const [run] = await wflo.runs.list({ status: "running" });
    if (run !== undefined) throw new Error("It still runs.");
    return (await wflo.runs.list())[0]?.status;
  }, 30_000);

test("a run that returns a stream that can be read once leaves it to its reader, and is over when it is read", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([LOOK, { text: "All seen." }]);
  const result = await ask(wflo, meter(openaiOf(simulator)(MODEL), { wflo, budgets: ["user"] }));
  expect(await wflo.runs.list()).toMatchObject([{ status: "running" }]);
  expect(await result.toUIMessageStreamResponse().text()).toContain('"delta":"All"');
  expect(await endOf(wflo)).toBe("completed");
  const [run] = await wflo.runs.list();
  expect((await wflo.runs.get(run?.id ?? ""))?.cost.calls).toBe(2);
});

test("such a run is over when its reader leaves, and paused by a refusal", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([{ text: "All seen. ".repeat(50), tokensPerSecond: 500 }]);
  const result = await ask(wflo, meter(openaiOf(simulator)(MODEL), { wflo, budgets: ["user"] }));
  for await (const _ of result.textStream) break;
  expect(await endOf(wflo)).toBe("completed");

  const poor = (await newWflo("0.000001")).wflo;
  const refused = await ask(poor, meter(openaiOf(simulator)(MODEL), { wflo: poor, budgets: ["user"] }));
  await refused.consumeStream();
  expect(await endOf(poor)).toBe("paused");
});
