import { createWflo, memoryDatabase, StoreUnavailableError, type Clock, type Database } from "@wflo/core";
import { beforeEach, expect, test } from "vitest";
import { answer, request } from "./support/model.ts";

/** Timers at once; `paused` tells what was waited for, in milliseconds. */
function hastyClock(): { readonly clock: Clock; readonly paused: number[] } {
  const paused: number[] = [];
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(task, delayMs, options) {
      if (options?.keepAlive) paused.push(delayMs);
      const timer = setTimeout(task, delayMs > 4_000 ? 2_000 : 0);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
  return { clock, paused };
}

let inner: Database;
/** How many of the next calls of each method fail. */
let failing: { finish: number; steps: number; list: number; commit: number };
let asked: number;
let database: Database;
beforeEach(() => {
  inner = memoryDatabase();
  failing = { finish: 0, steps: 0, list: 0, commit: 0 };
  asked = 0;
  const fail = (method: keyof typeof failing) => {
    if (method === "finish") asked++;
    if (failing[method]-- > 0) throw new StoreUnavailableError("away");
  };
  database = {
    ...inner,
    async commitStep(commit) {
      fail("commit");
      return inner.commitStep(commit);
    },
    runs: {
      ...inner.runs,
      async finish(tenant, end) {
        fail("finish");
        return inner.runs.finish(tenant, end);
      },
      async steps(tenant, runId) {
        fail("steps");
        return inner.runs.steps(tenant, runId);
      },
    },
    checkpoints: {
      ...inner.checkpoints,
      async list(tenant, filter) {
        fail("list");
        return inner.checkpoints.list(tenant, filter);
      },
    },
  };
});
const lastRow = async () => (await createWflo({ database: inner }).runs.list({ limit: 1 }))[0];

test.each([1, 5])("the end of a run is written although the store was away %i times", async (times) => {
  failing.finish = times;
  const wflo = createWflo({ database, logger: false, clock: hastyClock().clock });
  expect(await wflo.run({}, () => "v")).toBe("v");
  expect(await lastRow()).toMatchObject({ status: "completed" });
});

test.each(["steps", "list"] as const)(
  "a resume goes on although the %s of its run could not be read at once",
  async (method) => {
    let isFirst = true;
    const wflo = createWflo({ database, logger: false, clock: hastyClock().clock });
    const workflow = wflo.workflow("w", () => {
      if (isFirst) throw new Error("stop");
      return "resumed";
    });
    await expect(workflow.run(undefined)).rejects.toThrow("stop");
    isFirst = false;
    failing[method] = 2;
    expect(await workflow.resume((await lastRow())?.id ?? "")).toBe("resumed");
  },
);

test("an end that comes after the client was closed waits for nothing", async () => {
  const { clock } = hastyClock();
  const wflo = createWflo({ database, logger: false, clock, drainMs: 0 });
  const gate = Promise.withResolvers<string>();
  const late = wflo.run({}, () => gate.promise);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await wflo.close();
  failing.finish = Number.POSITIVE_INFINITY;
  gate.resolve("late");
  expect(await late).toBe("late");
  expect(asked).toBe(1);
});

test("the end of a run that ends because the database is away is tried twice, within a second", async () => {
  failing.finish = Number.POSITIVE_INFINITY;
  const { clock, paused } = hastyClock();
  const wflo = createWflo({ database, logger: false, clock });
  const gone = new Error("no answer", { cause: new StoreUnavailableError("away") });
  await expect(wflo.run({}, () => Promise.reject(gone))).rejects.toBe(gone);
  expect(asked).toBe(2);
  expect(paused.filter((ms) => ms < 1_000)).toEqual([200]);
});

test("a step whose result could not be saved is not paid again by code that tries it again", async () => {
  failing.commit = 6;
  const wflo = createWflo({ database, logger: false, clock: hastyClock().clock });
  const paid: string[] = [];
  const ended = wflo.run({ budget: "1.00" }, async (run) => {
    const pay = (name: string) =>
      run.step(name, () =>
        wflo.guardCall(request(), async () => {
          paid.push(name);
          return answer("answered");
        }),
      );
    return pay("ask")
      .catch(() => pay("ask"))
      .catch(() => pay("another"));
  });
  await expect(ended).rejects.toThrow(StoreUnavailableError);
  expect(paid).toEqual(["ask"]);
  expect(await lastRow()).toMatchObject({ status: "failed", error: { code: "WFLO_STORE_UNAVAILABLE" } });
});

test("a run comes to its end although the store never takes the bill of a call outside of it", async () => {
  const [callId, otherId] = [crypto.randomUUID(), crypto.randomUUID()];
  const settle: typeof inner.ledger.settle = async (tenant, settlements) => {
    if (settlements.some((settlement) => settlement.callId === callId)) throw new StoreUnavailableError("no");
    return inner.ledger.settle(tenant, settlements);
  };
  const ledger = { ...inner.ledger, settle };
  const wflo = createWflo({ database: { ...database, ledger }, logger: false, clock: hastyClock().clock });
  const call = (id: string) => wflo.guardCall(request({ callId: id }), async () => answer("answered"));
  await call(callId);
  expect(await wflo.run({ budget: "1.00" }, () => call(otherId))).toBe("answered");
  expect(await lastRow()).toMatchObject({ status: "completed" });
  const entries = await inner.ledger.listEntries("default", { callId: otherId, limit: 1 });
  expect(entries).toMatchObject([{ kind: "settle" }]);
});
