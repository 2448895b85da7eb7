import { expect, test } from "vitest";
import { lines, metered, newWflo, serve } from "./support/desk.ts";

const PRICE = { input: "1.00", output: "10.00", contextWindow: 100_000, maxOutputTokens: 100_000 };

/** The charge and the hold of a stream that its reader leaves after four words, of a model that may have thought before. */
async function leave(
  provider: string,
  model: string,
  extra: object = {},
): Promise<readonly (string | undefined)[]> {
  const url = await serve((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = JSON.stringify({ id: "c", model, choices: [{ index: 0, delta: { content: "word " } }] });
    const timer = setInterval(() => response.write(`data: ${chunk}\n\n`), 5);
    response.on("close", () => clearInterval(timer));
  });
  const wflo = await newWflo({ prices: { [`${provider}/${model}`]: PRICE } }, "100.00");
  const client = metered(url, wflo, {}, { provider, onAbort: "cancel" });
  const request = {
    model,
    messages: [{ role: "user" as const, content: "Hard?" }],
    max_completion_tokens: 60_000,
  };
  let words = 0;
  for await (const _ of await client.chat.completions.create({ ...request, ...extra, stream: true }))
    if (++words === 4) break;
  const [line] = await lines(wflo, 1);
  return [line?.charged, line?.held];
}

test.each([
  ["xai", "grok-4"],
  ["openrouter", "google/gemini-2.5-pro"],
  ["openrouter", "nvidia/llama-3.1-nemotron-ultra-253b"],
  ["openai", "codex-mini-latest"],
  ["openai", "gpt-5-mini"],
  ["openai", "ft:o4-mini-2025-04-16:mine"],
  // A deployment, which may be of any model.
  ["azure", "gpt-4o"],
])(
  "a stream of %s's %s that is left is charged at its hold, since it may have thought unseen",
  async (provider, model) => {
    const [charged, held] = await leave(provider, model);
    expect(charged).toBe(held);
  },
);

test.each([
  ["openai", "gpt-4.1-nano"],
  ["openrouter", "openai/gpt-4o"],
  ["groq", "llama-3.3-70b-versatile"],
])("a stream of %s's %s that is left is charged by what came", async (provider, model) => {
  const [charged, held] = await leave(provider, model);
  expect(Number(charged)).toBeLessThan(Number(held) / 5);
  const [asked, whole] = await leave(provider, model, { reasoning_effort: "low" });
  expect(asked).toBe(whole);
});
