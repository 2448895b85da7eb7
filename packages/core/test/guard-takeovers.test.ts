import {
  BudgetBusyError,
  createWflo,
  memoryDatabase,
  type Database,
  type StreamMeter,
  type Wflo,
} from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

let database: Database;
let wflo: Wflo;
/** What the store does before it tells what became of a reserve. */
let afterReserve: () => Promise<void>;
let beforeSettle: () => Promise<void>;

beforeEach(async () => {
  afterReserve = async () => {};
  beforeSettle = async () => {};
  database = memoryDatabase();
  const { ledger } = database;
  const reserve = ledger.reserve.bind(ledger);
  ledger.reserve = async (ask) => {
    const verdict = await reserve(ask);
    await afterReserve();
    return verdict;
  };
  const settle = ledger.settle.bind(ledger);
  ledger.settle = async (tenant, settlements) => {
    await beforeSettle();
    return settle(tenant, settlements);
  };
  wflo = createWflo({ database, logger: false, waitMs: 1_000, drainMs: 200 });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
});
afterEach(() => wflo.close());

const under = { budgets: ["b"] };
/** $0.08002, as `BIG` tells. */
const BIG = { inputTokens: 10, outputTokens: 10_000 };
const big = { ...under, maxOutputTokens: 20_000 };

async function books() {
  await wflo.flush();
  const window = (await wflo.budgets.get("b"))?.windows[0];
  const lines = (await wflo.calls.list()).map(({ charged }) => charged).toSorted();
  return { lines, spent: window?.spent, reserved: window?.reserved };
}
const both = { lines: [ANSWER_COST, "0.08002"], spent: "0.08084", reserved: "0.00" };

/** A bill of `BIG` at the end of a stream. */
const meter = (onOutcome: () => void): StreamMeter<string> => ({
  read: (chunk) => [chunk],
  flush: () => [],
  outcome() {
    onOutcome();
    return { kind: "answered", usage: BIG };
  },
});

describe("a call that ended keeps its charge", () => {
  test.each([0, 1, 5])(
    "when one begins in its context %i ms later, before the ledger has it",
    async (laterMs) => {
      beforeSettle = () => pause(20);
      let inner: Promise<unknown> | undefined;
      await wflo.guardCall(request(big), async () => {
        const ended = Promise.withResolvers<void>();
        inner = ended.promise
          .then(() => pause(laterMs))
          .then(() => wflo.guardCall(request(under), async () => answer("inside")));
        setTimeout(ended.resolve, 0);
        return answer("around", BIG);
      });
      await inner;
      expect(await books()).toEqual(both);
    },
  );

  test("when it is a stream, and one begins in the moment of its last event", async () => {
    const ended = Promise.withResolvers<void>();
    let inner: Promise<unknown> | undefined;
    const stream = await wflo.guardStream(request(big), async () => {
      inner = ended.promise.then(() =>
        wflo.guardCall(request({ ...under, maxOutputTokens: 10 }), async () => answer("inside")),
      );
      return {
        chunks: ReadableStream.from(["a", "b"]),
        meter: meter(ended.resolve),
        value: (chunks: ReadableStream<string>) => chunks,
      };
    });
    for await (const _ of stream);
    await inner;
    expect(await books()).toEqual(both);
  });

  test("when one inside was refused before, and another asks afterwards", async () => {
    beforeSettle = () => pause(20);
    let inner: Promise<unknown> | undefined;
    await wflo.guardCall(request(big), async () => {
      const dear = request({ ...under, hold: "20.00" });
      await expect(wflo.guardCall(dear, async () => answer("too dear"))).rejects.toThrow("left of $10.00");
      inner = pause(5).then(() => wflo.guardCall(request(under), async () => answer("inside")));
      return answer("around", BIG);
    });
    await inner;
    expect(await books()).toEqual(both);
  });
});

describe("a call that ends with a bill of its own while one inside waits for money", () => {
  test.each(["guardCall", "guardStream"] as const)("is charged for it, by %s", async (door) => {
    await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
    const holder = wflo.guardCall(request({ ...under, hold: "0.50" }), async () => {
      await pause(150);
      return answer("holder");
    });
    await pause(5);
    let inner: Promise<unknown> | undefined;
    const inside = () => {
      inner = wflo.guardCall(request({ ...under, hold: "0.80" }), async () => answer("inside"));
    };
    const around = request({ ...under, hold: "0.30" });
    if (door === "guardCall") {
      await wflo.guardCall(around, async () => {
        inside();
        await pause(20);
        return answer("around", BIG);
      });
    } else {
      const stream = await wflo.guardStream(around, async () => {
        inside();
        await pause(20);
        return {
          chunks: ReadableStream.from(["a"]),
          meter: meter(() => {}),
          value: (chunks: ReadableStream<string>) => chunks,
        };
      });
      for await (const _ of stream);
    }
    // Its hold went back with its bill, before the one inside was let through.
    await pause(20);
    expect((await wflo.budgets.get("b"))?.windows[0]).toMatchObject({ spent: "0.08002", reserved: "0.50" });
    await holder;
    expect(await inner).toBe("inside");
    expect(await books()).toEqual({
      lines: [ANSWER_COST, ANSWER_COST, "0.08002"],
      spent: "0.08166",
      reserved: "0.00",
    });
  });

  test("is charged for it also when the store gave its hold away in that moment", async () => {
    let inner: Promise<unknown> | undefined;
    await wflo.guardCall(request(big), async () => {
      afterReserve = () => pause(50);
      inner = wflo.guardCall(request(under), async () => answer("inside"));
      await pause(10);
      afterReserve = async () => {};
      return answer("around", BIG);
    });
    expect(await inner).toBe("inside");
    expect(await books()).toEqual(both);
  });

  test("is charged its bill alone when it was in doubt before, and the one inside is refused in the end", async () => {
    const shared = { ...database, close: async () => {} };
    const client = createWflo({ database: shared, logger: false, waitMs: 200, drainMs: 200 });
    const ends: string[] = [];
    client.on("call-end", ({ kind }) => void ends.push(kind));
    await client.budgets.set({ id: "b", caps: { total: "1.00" } });
    const gate = Promise.withResolvers<void>();
    const holder = client.guardCall(request({ ...under, hold: "0.60" }), async () => {
      await gate.promise;
      return answer("holder");
    });
    await pause(5);
    const timer = new AbortController();
    let inner: Promise<unknown> | undefined;
    const late = request({ ...under, hold: "0.30", signal: timer.signal, timedOut: timer.signal });
    const around = client.guardCall(late, async () => {
      inner = client
        .guardCall(request({ ...under, hold: "0.80" }), async () => answer("inside"))
        .catch((error: unknown) => error);
      setTimeout(() => timer.abort(new Error("too late")), 20);
      await pause(60);
      return answer("around", BIG);
    });
    await expect(around).rejects.toThrow("too late");
    expect(await inner).toBeInstanceOf(BudgetBusyError);
    gate.resolve();
    await holder;
    await client.close();
    expect(await books()).toEqual({
      lines: [ANSWER_COST, "0.08002"],
      spent: "0.08084",
      reserved: "0.00",
    });
    // Of the one around and of the holder.
    expect(ends).toEqual(["settle", "settle"]);
  });

  test("is charged once when both layers see the same answer", async () => {
    const outside = await wflo.guardCall(request(big), async () => {
      await wflo.guardCall(request(under), async () => answer("inside", BIG));
      return answer("around", BIG);
    });
    expect(outside).toBe("around");
    expect(await books()).toEqual({ lines: ["0.08002"], spent: "0.08002", reserved: "0.00" });
  });
});
