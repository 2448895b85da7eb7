import { usd } from "@wflo/core";
import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { expectEstimate, failureOf, readAll, readOne } from "./adapter-reading.ts";

const SLOW = { outputTokens: 40, tokensPerSecond: 200 };

/** What becomes of answers that are not read to their end. */
export const adapterEndingsCases: readonly AdapterCase[] = [
  adapterCase("reads on after a break, for the exact charge", async (desk) => {
    await desk.answers(SLOW);
    await desk.budget("1.00");
    const stream = await desk.streaming();
    await readOne(await stream("Count to forty."));
    const [line] = await desk.lines(1);
    expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
    expect(desk.simulator.billed().outputTokens).toBe(40);
    expect((await desk.window()).reserved).toBe("0.00");
  }),
  adapterCase("reads a stream that nobody reads, for the exact charge", async (desk) => {
    await desk.answers(SLOW);
    await desk.budget("1.00");
    const stream = await desk.streaming();
    await stream("Count to forty.");
    const [line] = await desk.lines(1);
    expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
  }),
  adapterCase("charges a stream that the server cuts no less than it made, as an estimate", async (desk) => {
    await desk.answers({ outputTokens: 40, cutAfterChunks: 7 });
    await desk.budget("1.00");
    const stream = await desk.streaming();
    await failureOf(stream("Count to forty.").then(readAll));
    const line = await expectEstimate(desk);
    expect(usd(line.charged).nanoUsd).toBeLessThanOrEqual(usd(line.held).nanoUsd);
  }),
  adapterCase("charges a stream that fails after some content no less than it made", async (desk) => {
    await desk.answers({ outputTokens: 40, errorAfterChunks: 7 });
    await desk.budget("1.00");
    const stream = await desk.streaming();
    await failureOf(stream("Count to forty.").then(readAll));
    const line = await expectEstimate(desk);
    expect(usd(line.charged).nanoUsd).toBeLessThanOrEqual(usd(line.held).nanoUsd);
  }),
  adapterCase("sends nothing when it was aborted before", async (desk) => {
    await desk.answers(SLOW);
    await desk.budget("1.00");
    const adapter = await desk.adapter({ maxRetries: 2 });
    await failureOf(adapter.text("Hi", { signal: AbortSignal.abort() }));
    expect(desk.simulator.requests).toHaveLength(0);
    expect(await desk.window()).toMatchObject({ spent: "0.00", reserved: "0.00" });
  }),
  adapterCase(
    "lets the caller go when it aborts, and charges the answer exactly behind its back",
    async (desk) => {
      await desk.answers({ outputTokens: 40, latencyMs: 400 });
      await desk.budget("1.00");
      const adapter = await desk.adapter({ maxRetries: 2 });
      const aborting = new AbortController();
      const startedMs = performance.now();
      setTimeout(() => aborting.abort(), 50);
      await failureOf(adapter.text("Hi", { signal: aborting.signal }));
      expect(performance.now() - startedMs).toBeLessThan(350);
      const [line] = await desk.lines(1);
      expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
      expect(desk.simulator.requests).toHaveLength(1);
    },
  ),
  adapterCase(
    "lets the reader of a stream go when it aborts, and charges the answer exactly",
    async (desk) => {
      await desk.answers(SLOW);
      await desk.budget("1.00");
      const stream = await desk.streaming();
      const aborting = new AbortController();
      const reading = async () => {
        for await (const piece of await stream("Hi", { signal: aborting.signal }))
          if (piece) aborting.abort();
      };
      const startedMs = performance.now();
      // Some frameworks end an aborted stream with an error, others just end it.
      await reading().catch(() => {});
      expect(performance.now() - startedMs).toBeLessThan(180);
      const [line] = await desk.lines(1);
      expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
      expect(desk.simulator.billed().outputTokens).toBe(40);
    },
  ),
  adapterCase("leaves no holds after many streams at once, however they end", async (desk) => {
    await desk.answers(({ index }) => (index % 4 === 3 ? { ...SLOW, errorAfterChunks: 0 } : SLOW));
    await desk.budget("10.00");
    const stream = await desk.streaming();
    const read = async (index: number) => {
      const chunks = await stream("Count to forty.");
      await (index % 2 === 0 ? readOne(chunks) : readAll(chunks));
    };
    await Promise.allSettled(Array.from({ length: 20 }, (_, index) => read(index)));
    await desk.quiet();
    await desk.lines(20);
    expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
  }),
];
