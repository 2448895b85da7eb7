import { expect, test } from "vitest";
import { metered, MODEL, newWflo, simulate } from "./support/desk.ts";

const WINDOW = 1_047_576;
/** What a call holds, in input tokens at $0.10 a million, its output being capped at one token. */
const inputBound = (bound: string) => Math.round((Number(bound) - 0.4e-6) / 0.1e-6);

function ask(url: string) {
  return { role: "user" as const, content: [{ type: "image_url" as const, image_url: { url } }] };
}
const picture = (letter: string) => `data:image/png;base64,${letter.repeat(2_000_000)}`;

async function boundsOf(...conversations: readonly ReturnType<typeof ask>[][]): Promise<number[]> {
  const { url } = await simulate({ inputTokens: 1_100, outputTokens: 1 });
  const wflo = await newWflo();
  const bounds: number[] = [];
  wflo.on("call-start", ({ bound }) => void bounds.push(inputBound(bound)));
  const { completions } = metered(url, wflo).chat;
  for (const messages of conversations)
    await completions.create({ model: MODEL, messages, max_completion_tokens: 1 });
  return bounds;
}

test("an image in a message is bounded by what the model can read, not by its bytes; and by its bill when it is sent again", async () => {
  const [first = 0, again = 0] = await boundsOf([ask(picture("A"))], [ask(picture("A"))]);
  expect(first).toBeGreaterThan(WINDOW);
  expect(first).toBeLessThan(WINDOW + 2_000);
  expect(again).toBeGreaterThan(1_100);
  expect(again).toBeLessThan(2_000);
});

test("another image, and one behind an address, are bounded anew", async () => {
  const address = ask("https://example.com/picture.png");
  const bounds = await boundsOf([ask(picture("A"))], [ask(picture("B"))], [address], [address]);
  expect(bounds.every((bound) => bound > WINDOW)).toBe(true);
});
