import {
  createWflo,
  InvalidOptionError,
  memoryDatabase,
  MissingUsageError,
  StoreUnavailableError,
  type Answer,
  type Database,
  type Outcome,
  type ReserveRequest,
  type Wflo,
} from "@wflo/core";
import { fakeClock } from "@wflo/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

let database: Database;
let wflo: Wflo;
/** What happens to the next reserve. */
let fault: ((ask: ReserveRequest) => Promise<unknown>) | undefined;
let settleDelayMs = 0;

beforeEach(async () => {
  fault = undefined;
  settleDelayMs = 0;
  database = memoryDatabase();
  const { ledger } = database;
  const reserve = ledger.reserve.bind(ledger);
  ledger.reserve = async (ask) => {
    const before = fault;
    fault = undefined;
    await before?.(ask);
    return reserve(ask);
  };
  const settle = ledger.settle.bind(ledger);
  ledger.settle = async (tenant, settlements) => {
    if (settleDelayMs > 0) await pause(settleDelayMs);
    return settle(tenant, settlements);
  };
  wflo = createWflo({ database, logger: false, waitMs: 300, drainMs: 100 });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
});
afterEach(() => wflo.close().catch(() => {}));

const under = { budgets: ["b"] };
const window = async () => (await wflo.budgets.get("b"))?.windows[0];

describe("a caller's own call id", () => {
  const callId = "0190a0a0-0000-7000-8000-000000000002";

  test("used again while the call is open touches neither its hold nor its bill, also when the database fails", async () => {
    const first = wflo.guardCall(request({ ...under, callId, hold: "0.05" }), async () => {
      await pause(30);
      return answer("paid");
    });
    await pause(5);
    fault = () => Promise.reject(new StoreUnavailableError("away"));
    await expect(
      wflo.guardCall(request({ ...under, callId, hold: "0.05" }), async () => answer(1)),
    ).rejects.toThrow("belongs to a call that is still open");
    expect(await first).toBe("paid");
    await wflo.flush();
    expect(await window()).toMatchObject({ spent: ANSWER_COST, reserved: "0.00" });
  });
});

describe("a database that is slow to answer", () => {
  test("keeps no caller who gives up; what it grants then is given back", async () => {
    const gate = Promise.withResolvers<void>();
    fault = () => gate.promise;
    const abort = new AbortController();
    let sent = 0;
    const call = wflo.guardCall(request({ ...under, hold: "1", signal: abort.signal }), async () => {
      sent += 1;
      return answer(1);
    });
    await pause(20);
    const started = performance.now();
    abort.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    expect(performance.now() - started).toBeLessThan(100);
    gate.resolve();
    await pause(20);
    await wflo.flush();
    expect(await window()).toMatchObject({ spent: "0.00", reserved: "0.00" });
    expect(sent).toBe(0);
  });
});

describe("a call inside a call", () => {
  test("that is refused after the outer one answered leaves the outer one's bill", async () => {
    const other = wflo.guardCall(request({ ...under, hold: "4" }), async () => {
      await pause(100);
      return answer(1);
    });
    let inner: Promise<unknown> = Promise.resolve();
    await wflo.guardCall(request({ ...under, hold: "6" }), async () => {
      inner = wflo
        .guardCall(request({ ...under, hold: "9.9999" }), async () => answer(2))
        .catch((error: unknown) => error);
      await pause(10);
      return answer("outer");
    });
    await Promise.all([other, inner]);
    await wflo.flush();
    expect((await wflo.calls.list()).map(({ charged }) => charged)).toEqual([ANSWER_COST, ANSWER_COST]);
    expect(await window()).toMatchObject({ reserved: "0.00" });
  });

  test("whose reserve took effect while its answer was lost does not lose the outer one's bill", async () => {
    await wflo.guardCall(request({ ...under, hold: "6" }), async () => {
      fault = async (ask) => {
        await database.ledger.reserve(ask);
        throw new StoreUnavailableError("the answer was lost");
      };
      await wflo.guardCall(request({ ...under, hold: "6" }), async () => answer(2)).catch(() => {});
      return answer("outer");
    });
    await wflo.flush();
    expect(await window()).toMatchObject({ spent: ANSWER_COST, reserved: "0.00" });
  });

  test("that takes a hold over is not parked behind a call that waits for that very hold", async () => {
    await wflo.guardCall(request({ ...under, hold: "6" }), async () => {
      const waiting = wflo.guardCall(request({ ...under, hold: "5" }), async () => answer("waited"));
      const patient = createWflo({ database, logger: false });
      await pause(20);
      expect(await wflo.guardCall(request({ ...under, hold: "6" }), async () => answer("inner"))).toBe(
        "inner",
      );
      await patient.flush();
      expect(await waiting).toBe("waited");
      return answer("outer");
    });
  });
});

describe("an attempt that breaks its contract", () => {
  test.each([[undefined], ["text"], [{}], [{ value: 1, outcome: { kind: "maybe" } }]])(
    "by returning %j is charged at its hold, in doubt, and told",
    async (returned) => {
      const attempt = async () => returned as unknown as Answer<number>;
      await expect(wflo.guardCall(request({ ...under, hold: "1" }), attempt)).rejects.toThrow("value, usage");
      expect(await wflo.calls.list()).toMatchObject([{ kind: "doubt", charged: "1.00" }]);
    },
  );

  test("by a usage of more money than there is: is charged at its hold", async () => {
    await wflo.guardCall(request({ ...under, hold: "1" }), async () =>
      answer(1, { outputTokens: Number.MAX_SAFE_INTEGER }),
    );
    expect(await wflo.calls.list()).toMatchObject([{ kind: "unmeasured", charged: "1.00" }]);
  });

  test("by a meter that throws: the consumer gets its stream, the ledger the hold", async () => {
    const broken = (): Outcome => {
      throw new Error("meter");
    };
    const stream = await wflo.guardStream(request({ ...under, hold: "1" }), async () => ({
      chunks: ReadableStream.from(["a", "b"]),
      meter: { read: (chunk: string) => [chunk], flush: () => [], outcome: broken },
      value: (chunks: ReadableStream<string>) => chunks,
    }));
    const read: string[] = [];
    for await (const chunk of stream) read.push(chunk);
    expect(read).toEqual(["a", "b"]);
    expect(await wflo.calls.list()).toMatchObject([{ kind: "estimate", charged: "1.00" }]);
  });

  test("by not ending when its wire is cut: is closed without it, and a bill that comes after all corrects it", async () => {
    const clock = fakeClock();
    const stubborn = createWflo({ database, clock, logger: false });
    const end = Promise.withResolvers<void>();
    const abort = new AbortController();
    const call = stubborn.guardCall(request({ ...under, hold: "1", signal: abort.signal }), async () => {
      await end.promise;
      return answer(1);
    });
    await pause(5);
    abort.abort();
    await expect(call).rejects.toThrow("aborted");
    clock.advance(15_000);
    clock.advance(2_000);
    await stubborn.flush();
    expect(await window()).toMatchObject({ spent: "1.00", reserved: "0.00" });
    end.resolve();
    await pause(10);
    await stubborn.flush();
    expect(await window()).toMatchObject({ spent: ANSWER_COST, reserved: "0.00" });
  });
});

test("an output that cannot be capped is bounded by the caller's cap or the model's longest answer", async () => {
  await wflo.guardCall(request({ ...under, canCap: false, maxOutputTokens: 1_000 }), async () => {
    expect((await window())?.reserved).toBe("0.009034");
    return answer(1);
  });
  await wflo.flush();
  await wflo.guardCall(request({ ...under, canCap: false }), async () => {
    // 32,768 tokens at $8 a million, and the input's 517.
    expect((await window())?.reserved).toBe("0.263178");
    return answer(1);
  });
});

test("a flush under steady traffic ends: it waits for what was pending, not for a quiet moment", async () => {
  settleDelayMs = 15;
  let isOn = true;
  const traffic = (async () => {
    while (isOn) {
      await wflo.guardCall(request(under), async () => answer(1));
      await pause(2);
    }
  })();
  await pause(30);
  const startedAt = performance.now();
  await wflo.flush();
  expect(performance.now() - startedAt).toBeLessThan(500);
  isOn = false;
  await traffic;
});

test("a host's waitUntil that throws loses no answer and charges once", async () => {
  const unbound = createWflo({
    database,
    logger: false,
    waitUntil: () => {
      throw new TypeError("Illegal invocation");
    },
  });
  expect(await unbound.guardCall(request(under), async () => answer("kept"))).toBe("kept");
  expect(await unbound.guardStream(request(under), async () => answer("kept"))).toBe("kept");
  expect((await unbound.calls.list()).map(({ charged }) => charged)).toEqual([ANSWER_COST, ANSWER_COST]);
});

test("a listener that listens again, or fails later, breaks nothing", async () => {
  let heard = 0;
  const again = () => {
    const off = wflo.on("call-end", () => {
      heard++;
      off();
      again();
    });
  };
  again();
  wflo.on("call-end", () => Promise.reject(new Error("later")));
  await wflo.guardCall(request(under), async () => answer(1));
  expect(heard).toBe(1);
});

test("a listener that empties what it was told of a call changes nothing of the call", async () => {
  wflo.on("call-start", ({ budgetIds }) => void (budgetIds as string[]).splice(0));
  await wflo.guardCall(request(under), async () => ({ value: 1, usage: undefined }));
  const next = wflo.guardCall(request(under), async () => answer(1));
  await expect(next).rejects.toThrow(MissingUsageError);
});

test("the end of a call tells whom it is charged to, those above them included", async () => {
  await wflo.budgets.set({ id: "org", caps: { total: "1.00" } });
  await wflo.budgets.set({ id: "user/1", caps: { total: "1.00" }, parent: "org" });
  const spent: Record<string, string> = {};
  wflo.on("call-end", ({ budgetIds, cost }) => {
    for (const id of budgetIds) spent[id] = cost;
  });
  await wflo.guardCall(request({ budgets: ["user/1"] }), async () => answer(1));
  expect(spent).toEqual({ org: ANSWER_COST, "user/1": ANSWER_COST });
});

test("after an answer without usage a minute passes, then a call shows whether it comes again", async () => {
  const clock = fakeClock();
  const client = createWflo({ database, clock, logger: false });
  const silent = async () => ({ value: 1, usage: undefined });
  await client.guardCall(request(under), silent);
  await expect(client.guardCall(request(under), silent)).rejects.toThrow("for a minute");
  clock.advance(61_000);
  expect(await client.guardCall(request(under), async () => answer("back"))).toBe("back");
  expect(await client.guardCall(request(under), async () => answer("still"))).toBe("still");
});

test.each([0, -1, 1.5, Number.NaN])("a list of %d is refused", async (limit) => {
  await expect(wflo.runs.list({ limit })).rejects.toThrow("whole number");
  await expect(wflo.calls.list({ limit })).rejects.toThrow("whole number");
  await expect(wflo.budgets.list({ limit })).rejects.toThrow("whole number");
});

test.each([
  ["an attempt that is no function", request(under), undefined],
  ["no request", undefined, async () => answer(1)],
])("%s is refused before money is held", async (_, asked, attempt) => {
  await expect(wflo.guardCall(asked as never, attempt as never)).rejects.toThrow(InvalidOptionError);
  await expect(wflo.guardStream(asked as never, attempt as never)).rejects.toThrow(InvalidOptionError);
  expect(await wflo.calls.list()).toEqual([]);
  expect(await window()).toMatchObject({ spent: "0.00", reserved: "0.00" });
});

test.each(["info", {}, true])(
  "a logger that is %j, and would swallow every warning, is refused",
  (logger) => {
    expect(() => createWflo({ logger: logger as never })).toThrow(
      "The option logger takes an object with warn",
    );
  },
);

test("a database that is no database is refused at once", () => {
  expect(() => createWflo({ database: "postgres://x" as unknown as Database })).toThrow("postgres()");
});
