import { BudgetExceededError, BudgetPausedError, createWflo, type StreamMeter, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();
let here: Wflo;
let there: Wflo;
let ids = 0;
let budget: string;
beforeEach(async () => {
  here = createWflo({ database: files.open({ max: 2 }), logger: false });
  there = createWflo({ database: files.open({ max: 1 }), logger: false });
  budget = `b${(ids += 1)}`;
  await here.budgets.set({ id: budget, caps: { total: "10.00", day: "5.00" } });
});
afterEach(async () => {
  await here.close();
  await there.close();
});

const meter = (): StreamMeter<string> => ({
  read: (chunk) => [chunk],
  flush: () => [],
  outcome: () => ({ kind: "cut", reason: "broke off" }),
});

/** A stream of words without end, on the budget; resolves with how it ended and after how many milliseconds. */
async function readEndless(): Promise<{ error: unknown; ms: number }> {
  const asked = {
    provider: "openai",
    model: "gpt-4.1",
    parts: ["hi"],
    maxOutputTokens: 1_000,
    budgets: [budget],
  };
  const startedAt = performance.now();
  const stream = await here.guardStream(asked, async ({ signal }) => ({
    chunks: new ReadableStream<string>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (signal.aborted) controller.error(signal.reason);
        else controller.enqueue("word ");
      },
    }),
    meter: meter(),
    value: (chunks: ReadableStream<string>) => chunks,
  }));
  try {
    for await (const word of stream) expect(word).toBe("word ");
    return { error: undefined, ms: 0 };
  } catch (error) {
    return { error, ms: performance.now() - startedAt };
  }
}

async function reserved(): Promise<readonly string[]> {
  await here.flush();
  return (await here.budgets.get(budget))?.windows.map((window) => window.reserved) ?? [];
}

test("a budget paused by one process cuts the streams of another within two seconds", async () => {
  const reading = readEndless();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await there.budgets.pause(budget);
  const { error, ms } = await reading;
  expect(error).toBeInstanceOf(BudgetPausedError);
  expect(ms).toBeLessThan(2_500);
  expect(await reserved()).toEqual(["0.00", "0.00"]);
  expect((await here.budgets.reconcile()).discrepancies).toEqual([]);
});

test("a cap of one window lowered by one process below what is held cuts the youngest stream of another", async () => {
  const elder = readEndless();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const younger = readEndless();
  await new Promise((resolve) => setTimeout(resolve, 200));
  // Each holds $0.009028; the day is left with one of them.
  await there.budgets.set({ id: budget, caps: { total: "10.00", day: "0.01" } });
  const { error } = await younger;
  expect(error).toBeInstanceOf(BudgetExceededError);
  expect(error).toMatchObject({ budgetId: budget, window: "day", cap: "0.01" });
  await there.budgets.pause(budget);
  expect((await elder).error).toBeInstanceOf(BudgetPausedError);
  expect(await reserved()).toEqual(["0.00", "0.00"]);
});
