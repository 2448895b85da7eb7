import { BudgetExceededError, createWflo, noteMetered, registerPending, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answer, pause, request } from "./support/model.ts";

let wflo: Wflo;
const warned: string[] = [];
beforeEach(() => {
  warned.length = 0;
  const quiet = () => {};
  const logger = { debug: quiet, info: quiet, error: quiet, warn: (said: string) => void warned.push(said) };
  wflo = createWflo({ logger, drainMs: 100 });
});
afterEach(() => wflo.close());

/** A result of some framework that is still being made. */
class Making {
  readonly done = Promise.withResolvers<void>();
}

const forget = registerPending((value) => (value instanceof Making ? () => value.done.promise : undefined));
const statusOfLast = async () => (await wflo.runs.list({ limit: 1 }))[0]?.status;

test("a run that returns a result that is still being made is over when that is, and calls may be made meanwhile", async () => {
  const making = new Making();
  let late: (() => Promise<unknown>) | undefined;
  const result = await wflo.run({ name: "r", budget: "1.00" }, (run) => {
    late = run.bind(() => wflo.guardCall(request({}), async () => answer("late")));
    return making;
  });
  expect(result).toBe(making);
  expect(await statusOfLast()).toBe("running");
  await late?.();
  making.done.resolve();
  await pause(20);
  expect(await statusOfLast()).toBe("completed");
  expect((await wflo.calls.list())[0]?.runId).toBe((await wflo.runs.list())[0]?.id);
});

test("it is paused by a refusal that its result ended by, and failed by anything else", async () => {
  const refusal = new BudgetExceededError({
    budgetId: "b",
    window: "total",
    resetsAt: undefined,
    capNanoUsd: 1n,
    spentNanoUsd: 1n,
    reservedNanoUsd: 0n,
    neededNanoUsd: 1n,
    runId: undefined,
  });
  for (const [error, status] of [
    [refusal, "paused"],
    [new Error("broken"), "failed"],
  ] as const) {
    const making = new Making();
    await wflo.run({ name: "r", budget: "1.00" }, () => making);
    making.done.reject(error);
    await pause(20);
    expect(await statusOfLast()).toBe(status);
  }
});

test("what is registered can be taken back", async () => {
  forget();
  await wflo.run({ name: "r" }, () => new Making());
  expect(await statusOfLast()).toBe("completed");
});

test("a call that a framework makes is told unless a door, or an adapter, has accounted for it", async () => {
  const told: unknown[] = [];
  wflo.on("call-unmetered", (event) => told.push(event));
  const asked = { provider: "acme", what: "m" };
  await wflo.run({ name: "r", budget: "1.00" }, async () => {
    await wflo.reportUnlessMetered(asked, () => wflo.guardCall(request({}), async () => answer("metered")));
    await wflo.reportUnlessMetered(asked, async () => noteMetered());
    expect(told).toEqual([]);
    expect(await wflo.reportUnlessMetered(asked, async () => "its value")).toBe("its value");
    await expect(
      wflo.reportUnlessMetered(asked, () => Promise.reject(new Error("its error"))),
    ).rejects.toThrow("its error");
  });
  expect(told).toHaveLength(2);
  expect(told[0]).toMatchObject(asked);
  expect(warned).toHaveLength(1);
});
