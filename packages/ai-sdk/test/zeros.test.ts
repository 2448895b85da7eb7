import { meter } from "@wflo/ai-sdk";
import { MissingUsageError } from "@wflo/core";
import { generateText, streamText } from "ai";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, settled, simulate } from "./metering-desk.ts";

/** What servers say that do not count. */
const ZEROS = { text: "Bees dance.", inputTokens: 0, outputTokens: 0 };

test.each(["chat", "responses"] as const)(
  "an answer whose usage counts nothing is charged at its hold, never at nothing, whole and streamed: %s",
  async (api) => {
    const { wflo, warned } = await newWflo("1.00", { onMissingUsage: "allow" });
    const simulator = await simulate([ZEROS]);
    const call = { model: meter(openaiOf(simulator)[api](MODEL), { wflo, budgets: ["user"] }), prompt: "Hi" };
    expect((await generateText(call)).text).toBe(ZEROS.text);
    expect(await streamText(call).text).toBe(ZEROS.text);
    const found = await lines(wflo, 2);
    expect(found.map(({ kind, charged, held }) => [kind, charged === held])).toEqual([
      ["unmeasured", true],
      ["unmeasured", true],
    ]);
    expect(found.every(({ charged }) => Number(charged) > 0)).toBe(true);
    expect(warned).not.toEqual([]);
  },
);

test("after an answer whose usage counts nothing the next call is refused, before it is sent", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([ZEROS]);
  const call = { model: meter(openaiOf(simulator)(MODEL), { wflo, budgets: ["user"] }), prompt: "Hi" };
  await generateText(call);
  expect(await settled(generateText(call))).toBeInstanceOf(MissingUsageError);
  expect(simulator.requests).toHaveLength(1);
});
