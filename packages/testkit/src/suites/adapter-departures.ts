import { usd } from "@wflo/core";
import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";
import { expectEstimate, failureOf, HandReader, readAll, readOne } from "./adapter-reading.ts";

const SLOW = { outputTokens: 40, tokensPerSecond: 200 };
/** A second of work, unless somebody stops it. */
const LONG = { outputTokens: 200, tokensPerSecond: 200 };
/** Far more than anybody reads ahead. */
const MANY = 3_000;
/** So long at least nobody reads in the case of a reader who stands still. */
const MINUTE_MS = 60_000;

/** Readers who leave, and what is paid for then. */
export const adapterDeparturesCases: readonly AdapterCase[] = [
  adapterCase("reads on after the iterator was returned, for the exact charge", async (desk) => {
    const reader = await openStream(desk);
    await reader.first();
    await reader.iterator.return?.();
    expect((await reader.iterator.next()).done).toBe(true);
    await expectWholeBill(desk);
  }),
  adapterCase("reads on when the iterator was returned before its first piece", async (desk) => {
    const reader = await openStream(desk);
    await reader.iterator.return?.();
    await expectWholeBill(desk);
  }),
  adapterCase("lets the error of a consumer through, and reads on for the exact charge", async (desk) => {
    await desk.answers(SLOW);
    await desk.budget("1.00");
    const stream = await desk.streaming();
    const own = new Error("the consumer's own");
    const reading = async () => {
      for await (const piece of await stream("Count to forty.")) if (piece) throw own;
    };
    expect(await failureOf(reading())).toBe(own);
    await expectWholeBill(desk);
  }),
  adapterCase(
    "reads on when the client of a web response disconnects, for the exact charge",
    async (desk) => {
      await desk.answers(SLOW);
      await desk.budget("1.00");
      const stream = await desk.streaming();
      const texts = ReadableStream.from(await stream("Count to forty."));
      const response = new Response(texts.pipeThrough(new TextEncoderStream()));
      const client = response.body?.getReader();
      await client?.read();
      await client?.cancel();
      await expectWholeBill(desk);
    },
  ),
  adapterCase(
    "closes the books of a long stream whose reader stands still, and gives it the rest later",
    async (desk) => {
      await desk.answers({ outputTokens: MANY });
      await desk.budget("1.00");
      const stream = await desk.streaming();
      const reader = new HandReader(await stream("Count to three thousand."));
      await reader.first();
      const [line] = await desk.linesInTime(1, MINUTE_MS);
      expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
      expect(desk.simulator.billed().outputTokens).toBe(MANY);
      expect(await reader.rest()).toBeUndefined();
      expect(reader.text).toBe(" word".repeat(MANY));
    },
    { stopsTime: true },
  ),
  adapterCase(
    "stops a stream that is broken off when told to cancel, and charges no less than was made",
    async (desk) => {
      await desk.answers(LONG);
      await desk.budget("1.00");
      const stream = await desk.streaming({ onAbort: "cancel" });
      await readOne(await stream("Count to two hundred."));
      const line = await expectEstimate(desk);
      expect(usd(line.charged).nanoUsd).toBeLessThanOrEqual(usd(line.held).nanoUsd);
      expect(desk.simulator.journal[0]?.clientGone).toBe(true);
      expect(desk.simulator.billed().outputTokens).toBeLessThan(200);
    },
  ),
  adapterCase("stops a stream that has not begun when told to cancel, at once", async (desk) => {
    await desk.answers({ ...SLOW, latencyMs: 1_000 });
    await desk.budget("1.00");
    const stream = await desk.streaming({ onAbort: "cancel" });
    const startedMs = performance.now();
    await failureOf(stream("Count to forty.", { signal: desk.abortOnceSent() }).then(readAll));
    await expectEstimate(desk);
    expect(performance.now() - startedMs).toBeLessThan(800);
    expect(desk.simulator.journal[0]?.clientGone).toBe(true);
  }),
  adapterCase(
    "charges an answer that was given up with cancel no less than the provider made of it",
    async (desk) => {
      await desk.answers({ outputTokens: 40, latencyMs: 1_000 });
      await desk.budget("1.00");
      const adapter = await desk.adapter({ onAbort: "cancel", maxRetries: 2 });
      const signal = desk.abortOnceSent();
      let leftMs = 0;
      signal.addEventListener("abort", () => (leftMs = performance.now()));
      await failureOf(adapter.text("Hi", { signal }));
      await expectEstimate(desk);
      expect(performance.now() - leftMs).toBeLessThan(800);
      expect(desk.simulator.requests).toHaveLength(1);
    },
  ),
];

/** Starts a simulator, a budget and a stream; nothing of it is read yet. */
async function openStream(desk: AdapterDesk): Promise<HandReader> {
  await desk.answers(SLOW);
  await desk.budget("1.00");
  const stream = await desk.streaming();
  return new HandReader(await stream("Count to forty."));
}

async function expectWholeBill(desk: AdapterDesk): Promise<void> {
  const [line] = await desk.lines(1);
  expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
  expect(desk.simulator.billed().outputTokens).toBe(40);
  expect((await desk.window()).reserved).toBe("0.00");
}
