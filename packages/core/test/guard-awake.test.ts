import { createWflo, memoryDatabase, type Database } from "@wflo/core";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

let database: Database;
/** Lets the next settle through. */
let letSettle: () => void;
/** What the host was asked to wait for, and what of it is done. */
let asked: Promise<unknown>[];
let done: number;

beforeEach(() => {
  database = memoryDatabase();
  const { ledger } = database;
  const gate = Promise.withResolvers<void>();
  letSettle = gate.resolve;
  const settle = ledger.settle.bind(ledger);
  ledger.settle = async (...args) => {
    await gate.promise;
    return settle(...args);
  };
  asked = [];
  done = 0;
});

async function client() {
  const wflo = createWflo({
    database,
    logger: false,
    drainMs: 50,
    waitUntil: (work) => {
      asked.push(work);
      void work.then(() => done++);
    },
  });
  onTestFinished(() => wflo.close());
  await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
  return wflo;
}

const spent = async () => (await database.ledger.listEntries("default", { limit: 9 })).length;

test("a host is asked to stay awake before a call is sent, and until its charge is in the ledger", async () => {
  const wflo = await client();
  const value = await wflo.guardCall(request({ budgets: ["b"] }), async () => {
    expect(asked).toHaveLength(1);
    return answer("paid");
  });
  expect(value).toBe("paid");
  await pause(5);
  expect([asked.length, done, await spent()]).toEqual([1, 0, 0]);
  letSettle();
  await Promise.all(asked);
  expect(await wflo.calls.list()).toMatchObject([{ charged: ANSWER_COST }]);
  expect(asked).toHaveLength(1);
});

test("it stays awake for a stream whose reader has left, until that is charged", async () => {
  const wflo = await client();
  const stream = await wflo.guardStream<string, ReadableStream<string>>(
    request({ budgets: ["b"] }),
    async () => {
      expect(asked).toHaveLength(1);
      return {
        chunks: new ReadableStream({ start: (controller) => controller.enqueue("a") }),
        meter: {
          read: (chunk) => [chunk],
          flush: () => [],
          output: () => ({ bytes: 1, pieces: 1 }),
          isOver: () => false,
          outcome: () => ({ kind: "cut", reason: "broke off" }),
        },
        value: (chunks) => chunks,
      };
    },
  );
  await stream.cancel();
  letSettle();
  expect(done).toBe(0);
  await Promise.all(asked);
  expect(asked).toHaveLength(1);
  expect(await wflo.calls.list()).toHaveLength(1);
});

test("a host need not wait for what was refused", async () => {
  const wflo = await client();
  const refused = wflo.guardCall(request({ budgets: ["b"], hold: "2.00" }), async () => answer(1));
  await expect(refused).rejects.toThrow("this call may cost up to $2.00");
  await Promise.all(asked);
  expect(await spent()).toBe(0);
});

test("the bill of a call that was given up for its time-out keeps the host awake until it is written down", async () => {
  const wflo = await client();
  letSettle();
  const timeOut = AbortSignal.timeout(20);
  const late = Promise.withResolvers<void>();
  const call = wflo.guardCall(
    request({ budgets: ["b"], signal: timeOut, timedOut: timeOut, onAbort: "drain" }),
    async () => {
      await late.promise;
      return answer("late");
    },
  );
  await expect(call).rejects.toThrow("timeout");
  await Promise.all(asked);
  const before = asked.length;
  late.resolve();
  await expect.poll(() => asked.length).toBe(before + 1);
  await Promise.all(asked);
  expect((await wflo.budgets.get("b"))?.windows[0]?.spent).toBe(ANSWER_COST);
});
