import {
  BudgetExceededError,
  BudgetPausedError,
  createWflo,
  type GuardRequest,
  type StreamMeter,
  type Wflo,
} from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Pace } from "../src/guard/pace.ts";
import { outputTokensAtMost } from "../src/guard/output-at-most.ts";
import { pause, request } from "./support/model.ts";
import { countingMeter, onlyCall, readAll, streamed } from "./support/streams.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false, drainMs: 300 });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
});
afterEach(() => wflo.close());

/** Counts letters. Without a bill. */
function meter(): StreamMeter<string> {
  const output = { bytes: 0, pieces: 0 };
  return {
    read(chunk) {
      output.bytes += chunk.length;
      output.pieces += 1;
      return [chunk];
    },
    flush: () => [],
    output: () => ({ ...output }),
    outcome: () => ({ kind: "cut", reason: "broke off" }),
  };
}

/** Makes a piece every millisecond, by the clock: while nobody can read, pieces pile up, as in the buffers of a socket. After 600 ms it may be faster. */
async function clockwork(change: Partial<GuardRequest>, piece = "7", faster = 0) {
  const told = { made: 0 };
  const began = performance.now();
  const due = (): number => {
    const elapsedMs = performance.now() - began;
    return elapsedMs + faster * Math.max(0, elapsedMs - 600);
  };
  const asked = request({ budgets: ["b"], maxOutputTokens: 100_000, reasoning: false, ...change });
  const stream = await wflo.guardStream(asked, async ({ signal }) => ({
    chunks: new ReadableStream<string>({
      async pull(controller) {
        while (told.made >= due() && !signal.aborted) await pause(1);
        if (signal.aborted) return controller.error(signal.reason);
        told.made += 1;
        controller.enqueue(piece);
      },
    }),
    meter: meter(),
    value: (metered: ReadableStream<string>) => metered,
  }));
  return { stream, told };
}

function beBusy(forMs: number): void {
  const until = performance.now() + forMs;
  while (performance.now() < until);
}

async function onlyLine() {
  for (;;) {
    const [line] = await wflo.calls.list();
    if (line) return line;
    await pause(10);
  }
}

/** $8 a million tokens. */
const costOf = (tokens: number) => tokens * 8e-6;

describe("what piled up while the process could not read", () => {
  test.each(["cancel", "drain"] as const)("is counted when its reader leaves with %s", async (onAbort) => {
    const { stream, told } = await clockwork({ onAbort });
    const reader = stream.getReader();
    await reader.read();
    await pause(600);
    if (onAbort === "drain") {
      void reader.cancel();
      await pause(290);
    }
    beBusy(1_500);
    if (onAbort === "cancel") void reader.cancel();
    const line = await onlyLine();
    expect(line.kind).toBe("estimate");
    expect(told.made).toBeGreaterThan(2_000);
    expect(Number(line.charged)).toBeGreaterThan(costOf(told.made));
    expect(Number(line.charged)).toBeLessThan(Number(line.held) / 2);
  });

  test.each(["paused", "lowered"] as const)(
    "is counted when its budget is %s, while its reader has the refusal already",
    async (how) => {
      const { stream, told } = await clockwork({});
      const reading = readAll(stream);
      await vi.waitFor(() => expect(told.made).toBeGreaterThan(600), 5_000);
      beBusy(1_500);
      if (how === "paused") await wflo.budgets.pause("b");
      else await wflo.budgets.set({ id: "b", caps: { total: "0.01" } });
      expect((await reading).error).toBeInstanceOf(
        how === "paused" ? BudgetPausedError : BudgetExceededError,
      );
      expect(await wflo.calls.list()).toEqual([]);
      const line = await onlyCall(wflo);
      expect(line.kind).toBe("estimate");
      expect(told.made).toBeGreaterThan(2_000);
      expect(Number(line.charged)).toBeGreaterThan(costOf(told.made));
      expect(Number(line.charged)).toBeLessThan(Number(line.held) / 2);
    },
  );

  test("is charged its bill, when that is among it, though its budget is paused", async () => {
    const wire = Promise.withResolvers<ReadableStreamDefaultController<string>>();
    const chunks = new ReadableStream<string>({ start: wire.resolve });
    const asked = request({ budgets: ["b"], maxOutputTokens: 1_000, reasoning: false });
    const stream = await wflo.guardStream(asked, async () => streamed(chunks, countingMeter(3)));
    const reading = readAll(stream);
    await pause(600);
    await wflo.budgets.pause("b");
    const controller = await wire.promise;
    for (const chunk of ["a", "b", "c", "usage"]) controller.enqueue(chunk);
    controller.close();
    expect(await reading).toEqual({ pieces: [], error: expect.any(BudgetPausedError) });
    expect(await onlyCall(wflo)).toMatchObject({ kind: "settle", charged: "0.000044" });
  });

  test("is counted when its reader leaves as soon as a slow attempt hands the stream over", async () => {
    const told = { read: 0 };
    const asked = request({ budgets: ["b"], maxOutputTokens: 100_000, reasoning: false, onAbort: "cancel" });
    const stream = await wflo.guardStream(asked, async ({ signal }) => {
      const chunks = new ReadableStream<string>({
        async pull(controller) {
          await pause(1);
          if (signal.aborted) return controller.error(signal.reason);
          told.read += 1;
          controller.enqueue("word ");
        },
      });
      await pause(600);
      return streamed(chunks);
    });
    await stream.cancel();
    const line = await onlyCall(wflo);
    expect(told.read).toBeGreaterThan(100);
    expect(Number(line.charged)).toBeGreaterThan(costOf(told.read));
  });

  test.each([
    ["as before", 0],
    ["a tenth faster than before", 0.1],
  ])("is not waited for longer than the provider makes what comes, %s", async (_, faster) => {
    const { stream, told } = await clockwork({ onAbort: "cancel" }, "7", faster);
    const reader = stream.getReader();
    await reader.read();
    await pause(600);
    void reader.cancel();
    await onlyLine();
    expect(told.made).toBeLessThan(1_500);
  });
});

test("an answer that goes far above its hold within few events is charged by its text, whoever ends it", async () => {
  // 40 tokens an event, of five bytes each; the caller's cap allows 50.
  const { stream, told } = await clockwork({ maxOutputTokens: 50, onAbort: "cancel" }, "word ".repeat(40));
  const reader = stream.getReader();
  while (told.made < 30) await reader.read();
  await reader.cancel();
  const line = await onlyLine();
  expect(Number(line.charged)).toBeGreaterThan(costOf(30 * 40));
  expect(Number(line.charged)).toBeGreaterThan(Number(line.held));
});

describe("what was on its way", () => {
  test("is bounded by the fastest stretch, in bytes, however long the provider stalled afterwards", () => {
    const pace = new Pace();
    for (let at = 0; at <= 250; at += 50) pace.note(at * 4, at);
    pace.note(1_001, 4_000);
    expect(pace.bytesPerMs).toBeGreaterThanOrEqual(3);
    const seen = { bytes: 1_001, elapsedMs: 4_000, bytesPerMs: pace.bytesPerMs };
    expect(outputTokensAtMost(seen)).toBeGreaterThanOrEqual(1_001 + 6_000);
  });

  test("is never below what the fastest provider makes, as long as no pace can be seen", () => {
    expect(outputTokensAtMost({ bytes: 10, elapsedMs: 400, bytesPerMs: 0.1 })).toBe(10 + 4_096);
    expect(outputTokensAtMost({ bytes: 10, elapsedMs: 400, bytesPerMs: 4 })).toBe(10 + 8_000);
    expect(outputTokensAtMost({ bytes: 10, elapsedMs: 4_000, bytesPerMs: 0 })).toBe(10 + 256);
  });
});
