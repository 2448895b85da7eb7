import {
  type Answer,
  BudgetExceededError,
  CallConflictError,
  ClientClosedError,
  createWflo,
  memoryDatabase,
  StoreUnavailableError,
} from "@wflo/core";
import { describe, expect, test, vi } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";
import { oneBudget, under } from "./support/one-budget.ts";

const client = oneBudget();
const { budget } = client;

describe("abort", () => {
  test("before the call: nothing is reserved", async () => {
    await budget("1.00");
    const attempt = vi.fn<() => never>();
    await expect(
      client.wflo.guardCall(request({ ...under, signal: AbortSignal.abort() }), attempt),
    ).rejects.toThrow("aborted");
    expect(attempt).not.toHaveBeenCalled();
    expect(await client.wflo.calls.list()).toEqual([]);
  });

  test("during the call: the caller is free at once, and the answer is read on for its exact cost", async () => {
    await budget("1.00");
    const abort = new AbortController();
    const call = client.wflo.guardCall(request({ ...under, signal: abort.signal }), async () => {
      abort.abort();
      await pause(30);
      return answer(1);
    });
    await expect(call).rejects.toThrow("aborted");
    await pause(50);
    expect((await client.wflo.calls.list())[0]).toMatchObject({ kind: "settle", charged: ANSWER_COST });
  });

  test("during the call, with cancel or after the drain: the wire is cut and the hold is charged", async () => {
    await budget("1.00");
    for (const onAbort of ["cancel", "drain"] as const) {
      const abort = new AbortController();
      const call = client.wflo.guardCall(request({ ...under, signal: abort.signal, onAbort }), (grant) => {
        abort.abort();
        return new Promise<Answer<number>>((_, reject) =>
          grant.signal.addEventListener("abort", () => reject(new Error("cut"))),
        );
      });
      await expect(call).rejects.toThrow("aborted");
    }
    await pause(150);
    expect((await client.wflo.calls.list()).map((line) => line.kind)).toEqual(["estimate", "doubt"]);
  });

  test("after the call: nothing happens", async () => {
    await budget("1.00");
    const abort = new AbortController();
    await client.wflo.guardCall(request({ ...under, signal: abort.signal }), async () => answer(1));
    abort.abort();
    expect((await client.wflo.calls.list())[0]?.charged).toBe(ANSWER_COST);
  });
});

describe("identity", () => {
  const callId = "0190a0a0-0000-7000-8000-000000000001";

  test("a call id counts once: used again while open or after it closed, it is a conflict and nothing is sent", async () => {
    await budget("1.00");
    const attempt = vi.fn<() => never>();
    await client.wflo.guardCall(request({ ...under, callId }), async () => {
      await client.wflo.run({}, () =>
        expect(
          client.wflo.guardCall(request({ ...under, callId, maxOutputTokens: 7 }), attempt),
        ).rejects.toThrow(CallConflictError),
      );
      return answer(1);
    });
    await client.wflo.flush();
    await expect(client.wflo.guardCall(request({ ...under, callId }), attempt)).rejects.toThrow(
      CallConflictError,
    );
    expect(attempt).not.toHaveBeenCalled();
    expect((await client.wflo.budgets.get("b"))?.windows[0]?.spent).toBe(ANSWER_COST);
  });
});

describe("nesting", () => {
  test("a guard inside a guarded model call takes its hold over: one charge, the inner one", async () => {
    await budget("0.02");
    const outer = request({ ...under, maxOutputTokens: 1_800 });
    await client.wflo.guardCall(outer, async () => {
      await client.wflo.guardCall(outer, async () => answer(1));
      return answer(1, { outputTokens: 999_999 });
    });
    await client.wflo.flush();
    expect((await client.wflo.budgets.get("b"))?.windows[0]).toMatchObject({
      spent: ANSWER_COST,
      reserved: "0.00",
    });
  });

  test("further guards inside are calls of their own", async () => {
    await budget("1.00");
    await client.wflo.guardCall(request(under), async () => {
      await client.wflo.guardCall(request(under), async () => answer(1));
      await client.wflo.guardCall(request(under), async () => answer(1));
      return answer(1);
    });
    expect(await client.wflo.calls.list()).toHaveLength(2);
  });

  test("an outer call whose inner one was refused is closed at nothing", async () => {
    await budget("0.02");
    const outer = request({ ...under, maxOutputTokens: 1_000 });
    const call = client.wflo.guardCall(outer, () =>
      client.wflo.guardCall({ ...outer, maxOutputTokens: 30_000 }, async () => answer(answer(1))),
    );
    await expect(call).rejects.toThrow(BudgetExceededError);
    await client.wflo.flush();
    expect((await client.wflo.budgets.get("b"))?.windows[0]).toMatchObject({
      spent: "0.00",
      reserved: "0.00",
    });
  });
});

describe("a store that fails", () => {
  const broken = () => {
    const database = memoryDatabase();
    const state = { down: false };
    const failing = new Proxy(database.ledger, {
      get: (target, name) => {
        const method = target[name as keyof typeof target] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) =>
          state.down ? Promise.reject(new StoreUnavailableError("away")) : method.apply(target, args);
      },
    });
    return {
      state,
      database: {
        ...database,
        ledger: failing,
        commitStep: database.commitStep.bind(database),
        close: database.close.bind(database),
      },
    };
  };

  test("lets no call through", async () => {
    const { state, database } = broken();
    const client = createWflo({ database, logger: false });
    await client.budgets.set({ id: "b", caps: { total: "1.00" } });
    state.down = true;
    const attempt = vi.fn<() => never>();
    await expect(client.guardCall(request(under), attempt)).rejects.toThrow(StoreUnavailableError);
    expect(attempt).not.toHaveBeenCalled();
  });

  test("gets every settle when it is back", async () => {
    const { state, database } = broken();
    const client = createWflo({ database, logger: false });
    await client.budgets.set({ id: "b", caps: { total: "1.00" } });
    await client.guardCall(request(under), async () => {
      state.down = true;
      return answer(1);
    });
    await pause(20);
    state.down = false;
    await client.flush();
    expect((await client.budgets.get("b"))?.windows[0]).toMatchObject({
      spent: ANSWER_COST,
      reserved: "0.00",
    });
  });
});

test("a closed client makes no call", async () => {
  const client = createWflo({ logger: false });
  await client.close();
  const attempt = vi.fn<() => never>();
  await expect(client.guardCall(request(), attempt)).rejects.toThrow(ClientClosedError);
  expect(attempt).not.toHaveBeenCalled();
});

test("a closed client begins no run, and goes on with none", async () => {
  const client = createWflo({ logger: false });
  const work = vi.fn<() => void>();
  const workflow = client.workflow("work", work);
  await client.close();
  await expect(workflow.run(undefined)).rejects.toThrow(ClientClosedError);
  await expect(workflow.resume("any")).rejects.toThrow(ClientClosedError);
  await expect(client.run({}, work)).rejects.toThrow(ClientClosedError);
  expect(work).not.toHaveBeenCalled();
});

test("a listener that throws breaks nothing", async () => {
  client.wflo.on("call-start", () => {
    throw new Error("listener");
  });
  await expect(client.wflo.guardCall(request(), async () => answer(1))).resolves.toBe(1);
});
