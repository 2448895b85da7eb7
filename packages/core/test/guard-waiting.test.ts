import { BudgetBusyError, BudgetPausedError, createWflo, memoryDatabase } from "@wflo/core";
import { describe, expect, test, vi } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";
import { oneBudget, under } from "./support/one-budget.ts";

const client = oneBudget();
const { budget } = client;

describe("waiting", () => {
  test("a call that fits waits for the money that another call holds", async () => {
    await budget("0.02");
    const big = request({ ...under, maxOutputTokens: 1_800 });
    const first = client.wflo.guardCall(big, async () => {
      await pause(50);
      return answer(1);
    });
    const second = client.wflo.guardCall(big, async () => answer(2));
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  test("a wait that runs out is BudgetBusyError, and nothing was sent", async () => {
    await budget("0.02");
    const big = request({ ...under, maxOutputTokens: 1_800 });
    const first = client.wflo.guardCall(big, async () => {
      await pause(400);
      return answer(1);
    });
    const attempt = vi.fn<() => never>();
    await expect(client.wflo.guardCall(big, attempt)).rejects.toThrow(BudgetBusyError);
    expect(attempt).not.toHaveBeenCalled();
    await first;
  });

  test("an abort ends the wait at once with the signal's reason", async () => {
    await budget("0.02");
    const big = request({ ...under, maxOutputTokens: 1_800 });
    const first = client.wflo.guardCall(big, async () => {
      await pause(150);
      return answer(1);
    });
    const started = performance.now();
    await expect(
      client.wflo.guardCall({ ...big, signal: AbortSignal.timeout(20) }, async () => answer(2)),
    ).rejects.toThrow("timeout");
    expect(performance.now() - started).toBeLessThan(120);
    await first;
    await client.wflo.flush();
    expect((await client.wflo.budgets.get("b"))?.windows[0]).toMatchObject({
      spent: ANSWER_COST,
      reserved: "0.00",
    });
  });

  test("a call inside a tool of another never waits for the hold of the call around it", async () => {
    await budget("0.02");
    const big = request({ ...under, maxOutputTokens: 1_800 });
    const started = performance.now();
    await client.wflo.guardCall(big, async () => {
      // The first takes the hold over; the second would have to wait for what the first left behind.
      await client.wflo.guardCall(big, async () => {
        await expect(client.wflo.guardCall({ ...big, budgets: ["b"] }, async () => answer(1))).resolves.toBe(
          1,
        );
        return answer(1);
      });
      return answer(1);
    });
    expect(performance.now() - started).toBeLessThan(150);
  });

  test("a call that could only wait for the call around it is refused at once", async () => {
    await budget("0.02");
    const stranger = Promise.withResolvers<void>();
    const other = client.wflo.guardCall(request({ ...under, maxOutputTokens: 870 }), async () => {
      await stranger.promise;
      return answer(1);
    });
    await client.wflo.guardCall(request({ ...under, maxOutputTokens: 1_000 }), async () => {
      const first = client.wflo.guardCall(request({ ...under, maxOutputTokens: 2_000 }), async () =>
        answer(1),
      );
      await pause(10);
      const second = client.wflo.guardCall(request({ ...under, maxOutputTokens: 1_800 }), async () =>
        answer(2),
      );
      await expect(second).rejects.toThrow(
        "$0.02 left of $0.02, but $0.009034 of it is held by calls that wait for this one",
      );
      stranger.resolve();
      return answer(await first);
    });
    await other;
  });

  test("a call that waits for money which another process then spends is refused when it is spent", async () => {
    const database = memoryDatabase();
    const [here, there] = [createWflo({ database, logger: false }), createWflo({ database, logger: false })];
    await here.budgets.set({ id: "b", caps: { total: "1.00" } });
    const spend = Promise.withResolvers<void>();
    const first = there.guardCall(request({ ...under, hold: "1.00" }), async () => {
      await spend.promise;
      return { value: 1, outcome: { kind: "cut", reason: "charged in full" } };
    });
    await pause(10);
    const waiting = here
      .guardCall(request({ ...under, hold: "1.00" }), async () => answer(2))
      .catch((error: unknown) => error);
    await pause(50);
    spend.resolve();
    await first;
    await there.flush();
    const spentAt = performance.now();
    expect(await waiting).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED", spent: "1.00" });
    expect(performance.now() - spentAt).toBeLessThan(500);
  });

  test("a call that begins to wait looks often for another process's money, however long others before it have waited", async () => {
    const database = memoryDatabase();
    const [here, there] = [createWflo({ database, logger: false }), createWflo({ database, logger: false })];
    await here.budgets.set({ id: "b", caps: { total: "1.00" } });
    const all = request({ ...under, hold: "0.90" });
    const wakeUp = async (heldMs: number): Promise<number> => {
      const first = there.guardCall(all, async () => {
        await pause(heldMs);
        return answer(1);
      });
      await pause(5);
      const waiting = here.guardCall(all, async () => ({ ...answer(2), value: performance.now() }));
      await first;
      await there.flush();
      const free = performance.now();
      const woken = await waiting;
      await here.flush();
      return woken - free;
    };
    await wakeUp(900);
    expect(await wakeUp(60)).toBeLessThan(300);
    await Promise.all([here.close(), there.close()]);
  });

  describe("on a store that takes its time", () => {
    const TAKES_MS = 60;

    /** Calls on these budgets, all at once; how many were asked for together at most, and how long all took. */
    async function askFor(calls: readonly (readonly string[])[]) {
      const database = memoryDatabase();
      const reserve = database.ledger.reserve.bind(database.ledger);
      let [asking, together] = [0, 0];
      database.ledger.reserve = async (ask) => {
        asking += 1;
        together = Math.max(together, asking);
        await pause(TAKES_MS);
        asking -= 1;
        return reserve(ask);
      };
      const wflo = createWflo({ database, logger: false });
      for (const id of new Set(["org", ...calls.flat()]))
        await wflo.budgets.set({ id, caps: { total: "100" } });
      await wflo.guardCall(request({ budgets: ["org"] }), async () => answer(0));
      together = 0;
      const started = performance.now();
      await Promise.all(calls.map((budgets) => wflo.guardCall(request({ budgets }), async () => answer(1))));
      const tookMs = performance.now() - started;
      await wflo.close();
      return { together, tookMs };
    }

    test("first calls of many users ask at the same time, though they share an organisation", async () => {
      const calls = Array.from({ length: 8 }, (_, at) => ["org", `user/${at}`]);
      const { together, tookMs } = await askFor(calls);
      expect(together).toBe(8);
      expect(tookMs).toBeLessThan(4 * TAKES_MS);
    });

    test("of a budget that nobody has asked for yet one asks first, then the others at once", async () => {
      const { together, tookMs } = await askFor(Array.from({ length: 8 }, () => ["org", "new"]));
      expect(together).toBe(7);
      expect(tookMs).toBeGreaterThanOrEqual(2 * TAKES_MS - 5);
    });
  });

  describe("for a budget that is paused meanwhile", () => {
    const big = request({ ...under, maxOutputTokens: 1_800 });

    /** A call that holds the money until it is told to end, and one that waits for it. */
    async function oneWaits(waitMs: number, budgets: readonly string[] = ["b"]) {
      const wflo = createWflo({ logger: false, waitMs });
      for (const id of ["b", "org"])
        await wflo.budgets.set({ id, caps: { total: id === "b" ? "0.02" : "9" } });
      const gate = Promise.withResolvers<void>();
      const first = wflo.guardCall({ ...big, budgets }, async () => {
        await gate.promise;
        return answer(1);
      });
      await pause(5);
      const attempt = vi.fn<() => Promise<ReturnType<typeof answer<number>>>>(async () => answer(2));
      const second = wflo.guardCall({ ...big, budgets }, attempt);
      second.catch(() => {});
      await pause(20);
      return { wflo, first, second, attempt, finish: gate.resolve };
    }

    test("it waits on until its time is up, then is BudgetPausedError, and nothing was sent", async () => {
      const { wflo, first, second, attempt, finish } = await oneWaits(400);
      const started = performance.now();
      await wflo.budgets.pause("b");
      finish();
      await first;
      await expect(second).rejects.toThrow(BudgetPausedError);
      expect(performance.now() - started).toBeGreaterThan(300);
      expect(attempt).not.toHaveBeenCalled();
      await wflo.flush();
      expect((await wflo.budgets.get("b"))?.windows[0]).toMatchObject({ reserved: "0.00" });
    });

    test("it goes on when the budget is resumed in time", async () => {
      const { wflo, first, second, finish } = await oneWaits(5_000);
      await wflo.budgets.pause("b");
      finish();
      await first;
      await pause(100);
      await wflo.budgets.resume("b");
      await expect(second).resolves.toBe(2);
    });

    test("one that comes now is refused at once", async () => {
      const { wflo, first, second, finish } = await oneWaits(300);
      await wflo.budgets.pause("b");
      const started = performance.now();
      const late = wflo.guardCall(request({ ...under, maxOutputTokens: 1 }), async () => answer(3));
      await expect(late).rejects.toThrow(BudgetPausedError);
      expect(performance.now() - started).toBeLessThan(250);
      finish();
      await Promise.allSettled([first, second]);
    });

    test("it keeps nobody from the budgets that it shares with them", async () => {
      const { wflo, first, second, finish } = await oneWaits(3_000, ["b", "org"]);
      await wflo.budgets.pause("b");
      finish();
      await first;
      await wflo.flush();
      // Now it would be one that others must not pass.
      await pause(1_100);
      await wflo.budgets.set({ id: "org", caps: { total: "0.03" } });
      const others = [1, 2].map((at) => wflo.guardCall({ ...big, budgets: ["org"] }, async () => answer(at)));
      const started = performance.now();
      expect(await Promise.all(others)).toEqual([1, 2]);
      expect(performance.now() - started).toBeLessThan(700);
      await expect(second).rejects.toThrow(BudgetPausedError);
    });
  });

  test("closing waits for open calls and has their charge", async () => {
    const database = memoryDatabase();
    const closing = createWflo({ database, logger: false });
    await closing.budgets.set({ id: "b", caps: { total: "1.00" } });
    const open = closing.guardCall(request(under), async () => {
      await pause(50);
      return answer(1);
    });
    await pause(5);
    const { ledger } = database;
    const state = new Promise((resolve) => {
      const close = database.close.bind(database);
      database.close = async () => {
        resolve((await ledger.getBudgets("default", ["b"]))[0]?.windows[0]);
        await close();
      };
    });
    await closing.close();
    expect(await state).toMatchObject({ spentNanoUsd: 820_000n, reservedNanoUsd: 0n });
    await open;
  });

  test("raising the cap lets a waiting call through", async () => {
    await budget("0.02");
    const big = request({ ...under, maxOutputTokens: 1_800 });
    const first = client.wflo.guardCall(big, async () => {
      await pause(100);
      return answer(1);
    });
    const second = client.wflo.guardCall(big, async () => answer(performance.now()));
    await pause(20);
    const raised = performance.now();
    await budget("1.00");
    expect((await second) - raised).toBeLessThan(60);
    await first;
  });
});
