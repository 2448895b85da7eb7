import { meter } from "@wflo/ai-sdk";
import { generateText, streamText } from "ai";
import { expect, test } from "vitest";
import { anthropicWith } from "./anthropic-desk.ts";
import { lines, newWflo, partsOf } from "./metering-desk.ts";

const CLAUDE = "claude-sonnet-4-5";
const HOURLY = { anthropic: { cacheControl: { type: "ephemeral", ttl: "1h" } } };

test.each([
  // $3.75 and $6 a million tokens.
  ["five minutes", { ephemeral_5m_input_tokens: 5_000, ephemeral_1h_input_tokens: 0 }, "0.01968"],
  ["an hour", { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 5_000 }, "0.03093"],
  ["some of both", { ephemeral_5m_input_tokens: 1_000, ephemeral_1h_input_tokens: 4_000 }, "0.02868"],
])(
  "what is written to a cache for %s is charged exactly, whole and streamed",
  async (_, cache_creation, cost) => {
    const { wflo, warned } = await newWflo("100.00");
    const { anthropic } = await anthropicWith({
      cache_creation_input_tokens: 5_000,
      cache_read_input_tokens: 100,
      cache_creation,
    });
    const call = { model: meter(anthropic(CLAUDE), { wflo, budgets: ["user"] }), prompt: "Hi" };
    await generateText({ ...call, maxOutputTokens: 100, providerOptions: HOURLY });
    await partsOf(streamText({ ...call, maxOutputTokens: 100, providerOptions: HOURLY }).stream);
    const settled = (await lines(wflo, 2)).map(({ kind, charged }) => [kind, charged]);
    expect(settled).toEqual([
      ["settle", cost],
      ["settle", cost],
    ]);
    expect(warned).toEqual([]);
  },
);

test("a request that may write to a cache for an hour is held for at that price", async () => {
  const { wflo } = await newWflo("100.00");
  const { anthropic } = await anthropicWith();
  const model = meter(anthropic(CLAUDE), { wflo, budgets: ["user"] });
  for (const [text, providerOptions] of [["a", {}] as const, ["b", HOURLY] as const])
    await generateText({
      model,
      maxOutputTokens: 10,
      messages: [{ role: "user", content: text.repeat(100_000), providerOptions }],
    });
  const held = (await lines(wflo, 2)).map((line) => Number(line.held)).toSorted((a, b) => a - b);
  // Nothing else in it is dearer than $6 a million, for 100,000 bytes and some.
  expect(held[0]).toBeLessThan(0.4);
  expect(held[1]).toBeGreaterThan(0.6);
});
