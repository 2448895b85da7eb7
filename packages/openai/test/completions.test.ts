import { isBudgetExceeded, type Wflo } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { collect, lines, metered, newWflo, plain, settled, simulate } from "./support/desk.ts";

const MODEL = "gpt-3.5-turbo-instruct";
const PROMPT = { model: MODEL, prompt: "Say something nice." } as const;

function watchBounds(wflo: Wflo): number[] {
  const bounds: number[] = [];
  wflo.on("call-start", ({ bound }) => void bounds.push(Number(bound)));
  return bounds;
}

describe("a legacy completion", () => {
  test("is charged by its tokens, and read as without wflo", async () => {
    const { url } = await simulate({ text: "You are kind.", inputTokens: 5, outputTokens: 4 });
    const wflo = await newWflo();
    const answer = await metered(url, wflo).completions.create(PROMPT);
    expect(answer.choices[0]?.text).toBe("You are kind.");
    // 5 x $1.50 and 4 x $2 a million.
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", model: MODEL, charged: "0.0000155" }]);
  });

  test("that is streamed is charged exactly, though its caller did not ask for usage and sees none", async () => {
    const simulator = await simulate({ text: "You are kind.", inputTokens: 5, outputTokens: 4 });
    const wflo = await newWflo();
    const request = { ...PROMPT, stream: true as const };
    const chunks = await collect(await metered(simulator.url, wflo).completions.create(request));
    expect(chunks.every((chunk) => chunk.choices.length === 1 && !("usage" in chunk))).toBe(true);
    expect(chunks.map(({ choices }) => choices[0]?.text).join("")).toBe("You are kind.");
    expect(simulator.requests[0]?.body).toMatchObject({ stream_options: { include_usage: true } });
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.0000155" }]);
    const asked = { ...request, stream_options: { include_usage: true } };
    expect(await collect(await metered(simulator.url, wflo).completions.create(asked))).toHaveLength(
      (await collect(await plain(simulator.url).completions.create(asked))).length,
    );
  });

  test.each<[string, object, number]>([
    ["16 tokens, where nothing else is said", {}, 16],
    ["its cap", { max_tokens: 1_000 }, 1_000],
    ["its cap for each of n answers", { max_tokens: 1_000, n: 3 }, 3_000],
    [
      "its cap for each attempt that the best are chosen from",
      { max_tokens: 1_000, n: 2, best_of: 5 },
      5_000,
    ],
    ["its cap for 128 answers, where their number cannot be read", { max_tokens: 100, n: -1 }, 12_800],
    ["its cap for each of its prompts", { max_tokens: 1_000, prompt: ["a", "b", "c"], n: 2 }, 6_000],
    ["its cap, with one prompt of tokens", { max_tokens: 1_000, prompt: [1, 2, 3] }, 1_000],
    ["its cap for each prompt of tokens", { max_tokens: 1_000, prompt: [[1, 2], [3]] }, 2_000],
  ])("is held for %s", async (_, extra, tokens) => {
    const { url } = await simulate({ text: "x" });
    const boundOf = async (request: object) => {
      const wflo = await newWflo({}, "10.00");
      const bounds = watchBounds(wflo);
      await metered(url, wflo).completions.create({ ...PROMPT, ...request });
      return bounds[0] ?? 0;
    };
    const output = (await boundOf(extra)) - (await boundOf({ ...extra, max_tokens: 0 }));
    expect(output).toBeCloseTo((tokens * 2) / 1e6, 9);
  });

  test("gets an output cap in the field it takes when money is short", async () => {
    const simulator = await simulate({ outputTokens: 5_000 });
    const wflo = await newWflo({}, "0.004");
    const client = metered(simulator.url, wflo, {}, { clamp: true });
    await client.completions.create({ ...PROMPT, max_tokens: 3_000 });
    expect(simulator.requests[0]?.maxOutputTokens).toBeLessThan(2_000);
    await lines(wflo, 1);
    expect((await wflo.budgets.get("user"))?.windows[0]?.overrun).toBe("0.00");
  });
});

test("embeddings are charged by their tokens, and have no output to hold for", async () => {
  const { url } = await simulate({ inputTokens: 1_000 });
  const wflo = await newWflo();
  const bounds = watchBounds(wflo);
  const { embeddings } = metered(url, wflo);
  const model = "text-embedding-3-small";
  const answer = await embeddings.create({ model, input: ["hi", "ho"] });
  expect(answer.data.length).toBeGreaterThan(0);
  expect(await lines(wflo, 1)).toMatchObject([{ model, kind: "settle", charged: "0.00002" }]);
  expect(bounds[0]).toBeLessThan(0.00002);
  await embeddings.create({ model, input: [[1, 2, 3], [4]] });
});

test("a compaction is charged by its tokens, and held for the longest it can be", async () => {
  const simulator = await simulate({ inputTokens: 1_000, outputTokens: 200, reasoningTokens: 100 });
  const wflo = await newWflo({}, "10.00");
  const bounds = watchBounds(wflo);
  const request = { model: "gpt-5-mini" as const, input: "A long conversation." };
  const answer = await metered(simulator.url, wflo).responses.compact(request);
  expect(answer).toEqual({
    ...(await plain(simulator.url).responses.compact(request)),
    id: expect.any(String) as string,
    created_at: expect.any(Number) as number,
    output: expect.any(Array) as unknown[],
  });
  expect(Object.keys(simulator.requests[0]?.body ?? {})).toEqual(["model", "input"]);
  // 1,000 x $0.25 and 200 x $2 a million.
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.00065" }]);
  expect(bounds[0]).toBeGreaterThan((128_000 * 2) / 1e6);
  // It takes no output cap: it is refused where there is not the money for all of it.
  const short = metered(simulator.url, await newWflo({}, "0.10"));
  expect(isBudgetExceeded(await settled(short.responses.compact(request)))).toBe(true);
});
