import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBudgetExceeded, UnboundedRequestError, UnknownPriceError, type Wflo } from "@wflo/core";
import type OpenAI from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { imageTokens } from "@wflo/core";
import { collect, lines, metered, newWflo, plain, serve, settled, simulate } from "./support/desk.ts";

const PROMPT = { model: "gpt-image-1", prompt: "a cat", size: "1024x1024", quality: "medium" } as const;
const PICTURE = new File([new Uint8Array(2_000)], "cat.png", { type: "image/png" });

function watchBounds(wflo: Wflo): number[] {
  const bounds: number[] = [];
  wflo.on("call-start", ({ bound }) => void bounds.push(Number(bound)));
  return bounds;
}

describe("an image", () => {
  test("is charged by its tokens: those of text, of images sent, and of the image made", async () => {
    const { url } = await simulate({ inputTokens: 310, imageTokens: 300, outputTokens: 1_056 });
    const wflo = await newWflo();
    const answer = await metered(url, wflo).images.generate(PROMPT);
    expect(answer.data?.[0]?.b64_json).toBe((await plain(url).images.generate(PROMPT)).data?.[0]?.b64_json);
    // 10 x $5, 300 x $10 and 1,056 x $40 a million.
    expect(await lines(wflo, 1)).toMatchObject([
      { kind: "settle", model: "gpt-image-1", charged: "0.04529" },
    ]);
  });

  test("is bounded by its size, its quality, and how many there are", async () => {
    const { url } = await simulate({ inputTokens: 10, outputTokens: 100 });
    const boundOf = async (wish: object) => {
      const wflo = await newWflo({}, "100.00");
      const bounds = watchBounds(wflo);
      await metered(url, wflo).images.generate({ ...PROMPT, ...wish });
      return bounds[0] ?? 0;
    };
    const one = await boundOf({});
    const three = await boundOf({ n: 3 });
    const largest = await boundOf({ quality: "high", size: "auto" });
    expect(three - one).toBeCloseTo((2 * 1_056 * 40) / 1e6, 3);
    expect(largest - one).toBeCloseTo(((6_240 - 1_056) * 40) / 1e6, 3);
  });

  test.each<[string, (client: OpenAI) => Promise<unknown>]>([
    [
      "of a form that says n twice",
      (client) => {
        const body = new FormData();
        for (const [name, value] of Object.entries({ ...PROMPT, n: "1" })) body.append(name, value);
        body.append("n", "10");
        return client.post("/images/edits", { body });
      },
    ],
    [
      "of a number that is no whole one",
      (client) => client.images.generate({ ...PROMPT, n: "10.0" as never }),
    ],
  ])("is held ten times, the most there can be, for want of a number: %s", async (_, send) => {
    const { url } = await simulate({ inputTokens: 10, outputTokens: 100 });
    const wflo = await newWflo({}, "100.00");
    const bounds = watchBounds(wflo);
    await send(metered(url, wflo));
    expect(bounds[0]).toBeGreaterThan((10 * 1_056 * 40) / 1e6);
  });

  test.each([
    ["gpt-image-1-mini", { size: "1536x1024", quality: "low" }, 400],
    ["gpt-image-1.5-2025-12-16", { size: "1024x1536", quality: "medium" }, 1_584],
    ["gpt-image-1", { size: null, quality: undefined, partialImages: 2 }, 6_440],
    ["gpt-image-2", { size: "1024x1024", quality: "high" }, 7_050],
    ["gpt-image-2", { size: "auto", quality: "low" }, undefined],
    ["gpt-image-2", { size: "3840x2160", quality: "low" }, undefined],
    ["gpt-image-1", { size: "1024x1024", quality: "max" }, undefined],
    ["gpt-image-3", { size: "1024x1024", quality: "low" }, undefined],
  ])("of %s asked as %j takes at most %s tokens", (model, wish, tokens) => {
    const { size, quality, partialImages = 0 } = wish as { partialImages?: number } & typeof wish;
    expect(imageTokens(model, { size, quality, partialImages })).toBe(tokens);
  });

  test("of a size or a kind that nobody has a bound for is refused, unless hold says what to reserve", async () => {
    const simulator = await simulate({ inputTokens: 10, outputTokens: 9_000 });
    const wflo = await newWflo();
    const { images } = metered(simulator.url, wflo);
    for (const request of [
      { ...PROMPT, model: "gpt-image-2", size: "3840x2160" },
      { ...PROMPT, output_format: "gif" as const },
      { ...PROMPT, output_format: "svg" as const },
    ])
      expect(await settled(images.generate(request))).toBeInstanceOf(UnboundedRequestError);
    const error = await settled(images.generate({ prompt: "a cat", model: "dall-e-3" }));
    expect(error).toBeInstanceOf(UnknownPriceError);
    expect((error as Error).message).toContain("off its API");
    expect(simulator.requests).toHaveLength(0);
    const held = metered(simulator.url, wflo, {}, { hold: "0.40" }).images;
    await held.generate({ ...PROMPT, model: "gpt-image-2", size: "3840x2160" });
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", held: "0.40", charged: "0.27005" }]);
  });

  test("of DALL·E is charged at hold, and holds no further one back", async () => {
    const { url } = await simulate({});
    const wflo = await newWflo();
    const { images } = metered(url, wflo, {}, { hold: "0.04" });
    for (let call = 0; call < 2; call += 1) await images.generate({ prompt: "a cat", model: "dall-e-3" });
    expect((await lines(wflo, 2)).map(({ kind, charged }) => [kind, charged])).toEqual([
      ["unmeasured", "0.04"],
      ["unmeasured", "0.04"],
    ]);
  });

  test("that is streamed shows its partial images, and is charged exactly", async () => {
    const { url } = await simulate({ inputTokens: 10, outputTokens: 1_256 });
    const wflo = await newWflo();
    const bounds = watchBounds(wflo);
    const request = { ...PROMPT, stream: true as const, partial_images: 2 };
    const events = await collect(await metered(url, wflo).images.generate(request));
    // Each says in which second it was made.
    const timeless = (event: (typeof events)[number]) => ({ ...event, created_at: 0 });
    const bare = await collect(await plain(url).images.generate(request));
    expect(events.map(timeless)).toEqual(bare.map(timeless));
    expect(events.at(-1)?.type).toBe("image_generation.completed");
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.05029" }]);
    expect(bounds[0]).toBeGreaterThan((1_256 * 40) / 1e6);
  });

  test("without a list of what was made is charged as images all the same", async () => {
    const url = await serve((_, response) => {
      const usage = { input_tokens: 10, output_tokens: 1_056, total_tokens: 1_066 };
      response.setHeader("content-type", "application/json").end(JSON.stringify({ created: 1, usage }));
    });
    const wflo = await newWflo();
    await metered(url, wflo).images.generate({ ...PROMPT, model: "gpt-image-1.5" });
    // 10 x $5 and 1,056 x $32 a million, where text costs $10.
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.033842" }]);
  });

  test("is refused where a budget has no money for it", async () => {
    const simulator = await simulate({});
    const { images } = metered(simulator.url, await newWflo({}, "0.04"));
    expect(isBudgetExceeded(await settled(images.generate(PROMPT)))).toBe(true);
    expect(simulator.requests).toHaveLength(0);
  });
});

describe("an image that is changed", () => {
  const edit = { model: "gpt-image-1", prompt: "a dog", image: PICTURE, size: "1024x1024" } as const;

  test("needs hold, since nobody can bound what a picture takes, and is charged by its usage", async () => {
    const simulator = await simulate({ inputTokens: 330, imageTokens: 323, outputTokens: 1_056 });
    const wflo = await newWflo();
    const error = await settled(metered(simulator.url, wflo).images.edit(edit));
    expect(error).toBeInstanceOf(UnboundedRequestError);
    expect((error as Error).message).toContain("an image");
    expect(simulator.requests).toHaveLength(0);
    await metered(simulator.url, wflo, {}, { hold: "0.50" }).images.edit({ ...edit, mask: PICTURE });
    expect(simulator.requests[0]?.body["image"]).toMatchObject({ size: 2_000, name: "cat.png" });
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", held: "0.50", charged: "0.045505" }]);
  });

  test("is sent as it is read, from a file that is never held in memory", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wflo-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "cat.png");
    writeFileSync(path, new Uint8Array(300_000).fill(7));
    const simulator = await simulate({ inputTokens: 330, imageTokens: 323, outputTokens: 1_056 });
    const wflo = await newWflo();
    const { images } = metered(simulator.url, wflo, {}, { hold: "0.50" });
    await images.edit({ ...edit, image: createReadStream(path) });
    expect(simulator.requests[0]?.body["image"]).toMatchObject({ size: 300_000 });
    expect(await lines(wflo, 1)).toMatchObject([
      { kind: "settle", model: "gpt-image-1", charged: "0.045505" },
    ]);
  });
});
