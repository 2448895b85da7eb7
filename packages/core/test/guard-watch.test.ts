import { createWflo, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pause, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
});
afterEach(() => wflo.close());

/** What 1,000 tokens of output hold, at $8 a million. */
const HOLD = 0.009034;

/** Reads a stream of words, one every 5 ms, and tells how it ended and how many came. */
async function read(forMs: number, openMs = 0): Promise<{ code: string; pieces: number }> {
  const output = { bytes: 0, pieces: 0 };
  const began = performance.now();
  const asked = request({ budgets: ["b"], maxOutputTokens: 1_000, reasoning: false });
  try {
    const stream = await wflo.guardStream(asked, async ({ signal }) => {
      await pause(openMs);
      return {
        chunks: new ReadableStream<string>({
          async pull(controller) {
            await pause(5);
            if (signal.aborted) return controller.error(signal.reason);
            if (performance.now() - began > forMs) return controller.close();
            controller.enqueue("word ");
          },
        }),
        meter: {
          read(chunk: string) {
            output.bytes += chunk.length;
            output.pieces += 1;
            return [chunk];
          },
          flush: () => [],
          output: () => ({ ...output }),
          outcome: (complete: boolean) =>
            complete
              ? { kind: "answered" as const, usage: { inputTokens: 10, outputTokens: output.pieces } }
              : { kind: "cut" as const, reason: "broke off" },
        },
        value: (metered: ReadableStream<string>) => metered,
      };
    });
    for await (const _ of stream);
    return { code: "end", pieces: output.pieces };
  } catch (error) {
    return { code: (error as { code: string }).code, pieces: output.pieces };
  }
}

async function lowerTo(streams: number): Promise<void> {
  const window = (await wflo.budgets.get("b"))?.windows[0];
  const total = (Number(window?.spent) + streams * HOLD + 0.000_001).toFixed(6);
  await wflo.budgets.set({ id: "b", caps: { total } });
}

const codes = async (reads: readonly Promise<{ code: string }>[]) =>
  (await Promise.all(reads)).map(({ code }) => code).toSorted();

describe("when a cap is lowered so that all but one stream fit", () => {
  test("one is cut, and no more when it turns out to be charged more than was thought", async () => {
    const reads = Array.from({ length: 4 }, () => read(3_000));
    await pause(100);
    await lowerTo(3);
    expect(await codes(reads)).toEqual(["WFLO_BUDGET_EXCEEDED", "end", "end", "end"]);
  });

  test("one is cut, though others were cut a moment ago and are settled", async () => {
    const before = Array.from({ length: 4 }, () => read(3_000));
    await pause(50);
    await wflo.budgets.pause("b");
    await Promise.all(before);
    await wflo.flush();
    await wflo.budgets.resume("b");
    const reads = Array.from({ length: 4 }, () => read(500));
    await pause(100);
    await lowerTo(3);
    expect(await codes(reads)).toEqual(["WFLO_BUDGET_EXCEEDED", "end", "end", "end"]);
  });

  test("another is cut when it is lowered further", async () => {
    const reads = Array.from({ length: 4 }, () => read(1_500));
    await pause(100);
    await lowerTo(3);
    await pause(50);
    await wflo.budgets.set({ id: "b", caps: { total: "0.02" } });
    expect((await codes(reads)).filter((code) => code !== "end").length).toBeGreaterThan(1);
  });
});

test("a stream that was opening while its budget was paused is cut when it opens", async () => {
  const reading = read(2_000, 60);
  await pause(20);
  await wflo.budgets.pause("b");
  const { code, pieces } = await reading;
  expect(code).toBe("WFLO_BUDGET_PAUSED");
  expect(pieces).toBeLessThan(50);
});
