import { CallConflictError, createWflo, StoreUnavailableError, type GuardRequest } from "@wflo/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { cuttingProxy } from "./support/cutting-proxy.ts";
import { asks, bills } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const BATCH = "wflo.settle_and_reserve_early";
const failed = (error: unknown): unknown => error;

async function throughProxy() {
  const proxy = await cuttingProxy(database.url);
  onTestFinished(() => proxy.close());
  return { proxy, store: database.open({ url: proxy.url }) };
}

test("a reserve whose answer was lost gives the same hold when it is asked for again, and is charged once", async () => {
  const { proxy, store } = await throughProxy();
  const { ledger } = store;
  await ledger.setBudget("t", { id: "lone", caps: { total: 1_000n }, onExpiry: "charge", warnAt: [] });
  const call = asks(["lone"], 100n);
  const cut = proxy.cutAfter("wflo.reserve(");
  expect(await ledger.reserve(call).catch(failed)).toBeInstanceOf(StoreUnavailableError);
  await cut;
  expect(await ledger.reserve(call)).toEqual({ code: "replay", amountNanoUsd: 100n });
  const bill = bills(call.callId, 60n);
  const settled = proxy.cutAfter("wflo.settle(");
  expect(await ledger.settle("t", [bill]).catch(failed)).toBeInstanceOf(StoreUnavailableError);
  await settled;
  expect(await ledger.settle("t", [bill])).toMatchObject([{ code: "replay", chargedNanoUsd: 60n }]);
  expect((await ledger.getBudgets("t", ["lone"]))[0]?.windows[0]).toMatchObject({
    spentNanoUsd: 60n,
    reservedNanoUsd: 0n,
  });
  expect(await ledger.reserve(call)).toEqual({ code: "closed" });
});

test("a batch whose answer was lost fails all its calls; each is there once, and asked for again has its hold", async () => {
  const { proxy, store } = await throughProxy();
  const { ledger } = store;
  await ledger.setBudget("t", { id: "many", caps: { total: 10_000n }, onExpiry: "charge", warnAt: [] });
  const old = [asks(["many"], 100n), asks(["many"], 100n)];
  for (const call of old) await ledger.reserve(call);
  const bill = old.map(({ callId }) => bills(callId, 70n));
  const calls = Array.from({ length: 6 }, () => asks(["many"], 100n));
  const cut = proxy.cutAfter(BATCH);
  await new Promise((resolve) => setImmediate(resolve));
  // What finds nothing under way goes alone.
  const first = ledger.reserve(asks([], 1n));
  const lost = await Promise.all([
    ...calls.map((call) => ledger.reserve(call).catch(failed)),
    ledger.settle("t", bill).catch(failed),
  ]);
  await cut;
  expect(await first).toMatchObject({ code: "granted" });
  for (const answer of lost) expect(answer).toBeInstanceOf(StoreUnavailableError);
  for (const call of calls)
    expect(await ledger.reserve(call)).toEqual({ code: "replay", amountNanoUsd: 100n });
  expect(await ledger.settle("t", bill)).toMatchObject(
    bill.map(() => ({ code: "replay", chargedNanoUsd: 70n })),
  );
  expect((await ledger.getBudgets("t", ["many"]))[0]?.windows[0]).toMatchObject({
    spentNanoUsd: 140n,
    reservedNanoUsd: 600n,
  });
  expect(await ledger.reconcile("t")).toEqual([]);
});

test("through the door such a call is not made, and what it held is given back; under an id of the caller's it is let expire", async () => {
  const { proxy, store } = await throughProxy();
  const wflo = createWflo({ database: store, logger: false });
  await wflo.budgets.set({ id: "door", caps: { total: "1.00" } });
  const request: GuardRequest = {
    provider: "openai",
    model: "gpt-4.1",
    parts: ["hello"],
    hold: "0.10",
    budgets: ["door"],
  };
  const said = { value: "hi", usage: { inputTokens: 1, outputTokens: 1 } };
  const attempt = vi.fn<() => Promise<typeof said>>(async () => said);
  const reserved = async () => (await wflo.budgets.get("door"))?.windows[0]?.reserved;

  let cut = proxy.cutAfter("wflo.reserve(");
  await expect(wflo.guardCall(request, attempt)).rejects.toThrow(StoreUnavailableError);
  await cut;
  await wflo.flush();
  expect([attempt.mock.calls.length, await reserved()]).toEqual([0, "0.00"]);

  const own = { ...request, callId: crypto.randomUUID() };
  cut = proxy.cutAfter("wflo.reserve(");
  await expect(wflo.guardCall(own, attempt)).rejects.toThrow(StoreUnavailableError);
  await cut;
  // Who else makes a call of this id nobody here can know: it is not made a second time.
  await expect(wflo.guardCall(own, attempt)).rejects.toThrow(CallConflictError);
  await wflo.flush();
  expect([attempt.mock.calls.length, await reserved()]).toEqual([0, "0.10"]);
});
