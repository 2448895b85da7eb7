import type { OpenAIProvider } from "@ai-sdk/openai";
import { meter } from "@wflo/ai-sdk";
import { MissingUsageError } from "@wflo/core";
import { generateImage, generateText, streamText, transcribe } from "ai";
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

const NO_TOKENS = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };

test.each([
  [
    "a picture",
    { created: 1, data: [{ b64_json: "iVBORw0KGgo=" }], usage: NO_TOKENS },
    (openai: OpenAIProvider) =>
      generateImage({ model: openai.image("gpt-image-1"), prompt: "Bees", size: "1024x1024" }),
  ],
  [
    "a transcript",
    { text: "Bees dance.", usage: { type: "tokens", ...NO_TOKENS } },
    (openai: OpenAIProvider) =>
      transcribe({ model: openai.transcription("gpt-4o-transcribe"), audio: new Uint8Array(64_000) }),
  ],
] as const)("%s whose usage counts nothing is charged at its hold", async (_, answer, ask) => {
  const { wflo } = await newWflo("1.00");
  const answers: typeof globalThis.fetch = async () => Response.json(answer);
  const openai = openaiOf(await simulate([]), { fetch: answers });
  await ask(meter(openai, { wflo, budgets: ["user"] }));
  const [line] = await lines(wflo, 1);
  expect(line).toMatchObject({ kind: "unmeasured", charged: line?.held });
  expect(Number(line?.charged)).toBeGreaterThan(0);
});

test("after an answer whose usage counts nothing the next call is refused, before it is sent", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([ZEROS]);
  const call = { model: meter(openaiOf(simulator)(MODEL), { wflo, budgets: ["user"] }), prompt: "Hi" };
  await generateText(call);
  expect(await settled(generateText(call))).toBeInstanceOf(MissingUsageError);
  expect(simulator.requests).toHaveLength(1);
});
