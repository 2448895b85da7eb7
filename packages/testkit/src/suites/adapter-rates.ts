import { usd, type CallEnd } from "@wflo/core";
import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { AdapterDesk } from "./adapter-desk.ts";
import { readAll } from "./adapter-reading.ts";

const ANSWER = { inputTokens: 1_000, cachedTokens: 200, outputTokens: 40 };
/** Tokens of every kind that has a price of its own, or a name of its own. */
const MIXED = {
  inputTokens: 1_000,
  cachedTokens: 200,
  cacheWriteTokens: 300,
  audioTokens: 100,
  outputTokens: 50,
  reasoningTokens: 20,
};
/** In dollars for a million tokens, each different. */
const OWN_PRICES = {
  prices: {
    [`openai/${AdapterDesk.model}`]: {
      input: "1",
      cachedInput: "0.25",
      cacheWrite: "1.25",
      inputAudio: "8",
      output: "4",
    },
  },
};
/** 400 plain, 200 cached, 300 written and 100 of audio, and 50 out. */
const MIXED_COST = "0.001825";

const WAYS = ["in one piece", "streamed"] as const;

/** Prices that depend on more than the model. */
export const adapterRatesCases: readonly AdapterCase[] = WAYS.flatMap((way) => [
  adapterCase(`charges the price of the service tier that served the answer, ${way}`, async (desk) => {
    await desk.answers({ ...ANSWER, serviceTier: "flex" });
    await ask(desk, way, AdapterDesk.thinker);
    const charged = desk.billed("gpt-5-nano, flex");
    expect((await desk.lines(1))[0]).toMatchObject({ kind: "settle", charged });
  }),
  adapterCase(`takes no service tier without a price for the list price, ${way}`, async (desk) => {
    await desk.answers({ ...ANSWER, serviceTier: "a-tier-of-tomorrow" });
    await ask(desk, way, AdapterDesk.thinker);
    const [line] = await desk.lines(1);
    expect(line?.kind).toBe("unmeasured");
    const listed = usd(desk.billed(AdapterDesk.thinker));
    expect(usd(line?.charged ?? 0).nanoUsd).toBeGreaterThanOrEqual(listed.nanoUsd);
  }),
  adapterCase(
    `charges cached, written and heard tokens at prices of their own, and tells thoughts, ${way}`,
    async (desk) => {
      const ends: CallEnd[] = [];
      desk.wflo.on("call-end", (event) => ends.push(event));
      await desk.answers(MIXED);
      await ask(desk, way, AdapterDesk.model);
      expect((await desk.lines(1))[0]).toMatchObject({ kind: "settle", charged: MIXED_COST });
      expect(ends[0]?.usage).toMatchObject({
        inputTokens: MIXED.inputTokens,
        cachedInputTokens: MIXED.cachedTokens,
        cacheWriteTokens: MIXED.cacheWriteTokens,
        inputAudioTokens: MIXED.audioTokens,
        outputTokens: MIXED.outputTokens,
        reasoningTokens: MIXED.reasoningTokens,
      });
    },
    OWN_PRICES,
  ),
]);

async function ask(desk: AdapterDesk, way: (typeof WAYS)[number], model: string): Promise<void> {
  await desk.budget("100.00");
  if (way === "in one piece") {
    await (await desk.adapter({ model })).text("Hi");
  } else {
    const stream = await desk.streaming({ model });
    await readAll(await stream("Hi"));
  }
}
