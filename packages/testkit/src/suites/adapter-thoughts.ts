import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { AdapterDesk } from "./adapter-desk.ts";
import { expectEstimate, readAll, readOne } from "./adapter-reading.ts";

/**
 * Thinks for a third of a second, and goes on thinking between its forty words: far more than any provider makes in the time it
 * takes to notice that nobody reads.
 */
const THOUGHTFUL = {
  text: " word".repeat(40),
  outputTokens: 90_000,
  reasoningTokens: 30_000,
  tokensPerSecond: 100_000,
};
const CANCELLING = { model: AdapterDesk.thinker, onAbort: "cancel" } as const;

/** Answers of models that are billed for more than they show. */
export const adapterThoughtsCases: readonly AdapterCase[] = [
  adapterCase("charges thoughts that nobody saw when a stream is broken off with cancel", async (desk) => {
    await desk.answers(THOUGHTFUL);
    await desk.budget("100.00");
    const stream = await desk.streaming(CANCELLING);
    await readOne(await stream("Think, then count."));
    await expectEstimate(desk, AdapterDesk.thinker);
    expect(desk.simulator.billed().outputTokens).toBeGreaterThan(THOUGHTFUL.reasoningTokens);
    expect(desk.simulator.journal[0]?.clientGone).toBe(true);
  }),
  adapterCase(
    "charges thoughts that nobody saw when a stream is aborted while they are thought",
    async (desk) => {
      await desk.answers(THOUGHTFUL);
      await desk.budget("100.00");
      const stream = await desk.streaming(CANCELLING);
      // Some frameworks end an aborted stream with an error, others just end it.
      await stream("Think, then count.", { signal: AbortSignal.timeout(200) })
        .then(readAll)
        .catch(() => {});
      await expectEstimate(desk, AdapterDesk.thinker);
      expect(desk.simulator.journal[0]?.clientGone).toBe(true);
    },
  ),
];
