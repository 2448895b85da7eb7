import { createWflo, memoryDatabase, usd, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

const HELD = "0.009034";
let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false, waitMs: 5_000, drainMs: 1_000 });
  await wflo.budgets.set({ id: "b", caps: { total: HELD } });
});
afterEach(() => wflo.close());

/** A framework whose time-out runs out: it aborts the attempt, and says that it was not its caller. */
function timeOut() {
  const signal = new AbortController();
  const timedOut = new AbortController();
  const fire = () => {
    timedOut.abort();
    signal.abort(new Error("timed out"));
  };
  return { fire, signals: { signal: signal.signal, timedOut: timedOut.signal } };
}

const asked = { budgets: ["b"], maxOutputTokens: 1_000 };
const lines = async () => (await wflo.calls.list()).map(({ kind, charged }) => [kind, charged]);

describe("a call whose framework's time-out ran out before there was an answer", () => {
  test.each(["guardCall", "guardStream"] as const)(
    "of %s is in doubt at once and holds nothing, and a late answer brings its bill in",
    async (door) => {
      const { fire, signals } = timeOut();
      const over = Promise.withResolvers<void>();
      const attempt = async () => {
        await over.promise;
        return answer("late");
      };
      const wanted = request({ ...asked, ...signals });
      const work = door === "guardCall" ? wflo.guardCall(wanted, attempt) : wflo.guardStream(wanted, attempt);
      await pause(10);
      fire();
      await expect(work).rejects.toThrow("timed out");
      await wflo.flush();
      expect((await wflo.budgets.get("b"))?.windows[0]).toMatchObject({ reserved: "0.00", spent: HELD });
      expect(await wflo.calls.list({ inDoubt: true })).toHaveLength(1);
      over.resolve();
      await pause(20);
      expect((await wflo.budgets.get("b"))?.windows[0]?.spent).toBe(ANSWER_COST);
      expect(await wflo.calls.list({ inDoubt: true })).toEqual([]);
      expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
    },
  );

  test("does not make the next one wait for its hold", async () => {
    const { fire, signals } = timeOut();
    const swallowed = wflo.guardCall(request({ ...asked, ...signals }), () => new Promise(() => {}));
    await pause(10);
    fire();
    await expect(swallowed).rejects.toThrow("timed out");
    const startedAt = performance.now();
    const next = wflo.guardCall(request(asked), async () => answer("next"));
    await expect(next).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe("the bill of a call whose time-out ran out,", () => {
  /** Such a call, on a database whose settles wait for `letSettle`. */
  async function timedOutCall() {
    const database = memoryDatabase();
    const gate = Promise.withResolvers<void>();
    const settle = database.ledger.settle.bind(database.ledger);
    database.ledger.settle = async (...args) => {
      await gate.promise;
      return settle(...args);
    };
    const logger = { warn: vi.fn<(line: string) => void>(), error: () => {} };
    const client = createWflo({ database: { ...database, close: async () => {} }, logger, drainMs: 50 });
    const ends: string[] = [];
    client.on("call-end", ({ cost }) => void ends.push(cost));
    await client.budgets.set({ id: "b", caps: { total: HELD } });
    const { fire, signals } = timeOut();
    const bill = Promise.withResolvers<void>();
    const work = client.guardCall(request({ ...asked, ...signals }), async () => {
      await bill.promise;
      return answer("late");
    });
    await pause(10);
    fire();
    await expect(work).rejects.toThrow("timed out");
    const spent = async () => {
      const [budget] = await database.ledger.getBudgets("default", ["b"]);
      return budget?.windows[0]?.spentNanoUsd;
    };
    return { client, bill: bill.resolve, letSettle: gate.resolve, ends, spent, warn: logger.warn };
  }

  test("is booked when it comes while the client closes", async () => {
    const { client, bill, letSettle, ends, spent } = await timedOutCall();
    const closed = client.close();
    await pause(10);
    bill();
    await pause(10);
    letSettle();
    await closed;
    expect(ends).toEqual([HELD, ANSWER_COST]);
    expect(await spent()).toBe(usd(ANSWER_COST).nanoUsd);
  });

  test("is told as one to be resolved by hand when it comes once the client is closed", async () => {
    const { client, bill, letSettle, ends, spent, warn } = await timedOutCall();
    letSettle();
    await client.close();
    bill();
    await pause(10);
    expect(ends).toEqual([HELD]);
    expect(await spent()).toBe(usd(HELD).nanoUsd);
    expect(warn.mock.calls.flat().join()).toContain(`{ cost: "${ANSWER_COST}" }`);
  });
});

test("a caller who gives up is another matter: the answer is read on for its exact charge", async () => {
  const abort = new AbortController();
  const work = wflo.guardCall(request({ ...asked, signal: abort.signal }), async () => {
    await pause(50);
    return answer("late");
  });
  await pause(10);
  abort.abort(new Error("gave up"));
  await expect(work).rejects.toThrow("gave up");
  await pause(80);
  expect(await lines()).toEqual([["settle", ANSWER_COST]]);
});
