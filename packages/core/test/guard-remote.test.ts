import { createWflo, memoryDatabase, type Outcome, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ANSWER_COST, request } from "./support/model.ts";

const REMOTE = { provider: "openai", remoteId: "batch_1" } as const;
const BILL: Outcome = { kind: "answered", usage: { inputTokens: 10, outputTokens: 100 } };
const HELD = "0.009034";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
});
afterEach(() => wflo.close());

/** A call whose usage comes later, under the provider's id. */
async function begin(remoteId: string, from: Wflo = wflo): Promise<void> {
  await from.guardCall(request({ budgets: ["b"], maxOutputTokens: 1_000 }), async () => ({
    value: undefined,
    outcome: { kind: "doubt", reason: "its usage comes later", remoteId },
  }));
}

const spent = async () => (await wflo.budgets.get("b"))?.windows[0]?.spent;

describe("a call whose usage comes later", () => {
  test("is charged at its hold, in doubt, until its bill comes; then by its bill, once", async () => {
    await begin("batch_1");
    expect(await wflo.calls.list({ inDoubt: true })).toMatchObject([{ charged: HELD }]);
    expect(await wflo.settleRemote(REMOTE, BILL)).toBe(true);
    expect([await spent(), await wflo.calls.list({ inDoubt: true })]).toEqual([ANSWER_COST, []]);
    expect(await wflo.settleRemote(REMOTE, BILL)).toBe(false);
    expect(await spent()).toBe(ANSWER_COST);
    expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
  });

  test("is settled from another process", async () => {
    const database = memoryDatabase();
    const [here, there] = [createWflo({ database, logger: false }), createWflo({ database, logger: false })];
    await here.budgets.set({ id: "b", caps: { total: "1.00" } });
    await begin("batch_1", here);
    await here.flush();
    expect(await there.settleRemote(REMOTE, BILL)).toBe(true);
    expect((await there.budgets.get("b"))?.windows[0]?.spent).toBe(ANSWER_COST);
  });

  test("is found among many, and no other is touched", async () => {
    for (const id of ["batch_0", "batch_1", "batch_2"]) await begin(id);
    await wflo.settleRemote(REMOTE, BILL);
    const inDoubt = await wflo.calls.list({ inDoubt: true });
    expect(inDoubt.map(({ receipt }) => receipt["remoteId"])).toEqual(["batch_0", "batch_2"]);
  });

  test("costs nothing when it failed before it did anything, and stays in doubt while nobody knows", async () => {
    await begin("batch_1");
    expect(await wflo.settleRemote(REMOTE, { kind: "doubt", reason: "still running" })).toBe(false);
    expect(await wflo.settleRemote(REMOTE, { kind: "answered", usage: undefined })).toBe(false);
    expect(await wflo.calls.list({ inDoubt: true })).toHaveLength(1);
    expect(await wflo.settleRemote(REMOTE, { kind: "rejected", reason: "it failed" })).toBe(true);
    expect(await spent()).toBe("0.00");
  });

  test("of another provider or tenant is none of ours", async () => {
    await begin("batch_1");
    expect(await wflo.settleRemote({ provider: "azure", remoteId: "batch_1" }, BILL)).toBe(false);
    expect(await wflo.calls.list({ inDoubt: true })).toHaveLength(1);
  });

  test("says by which receipts it was charged", async () => {
    await begin("batch_1");
    await wflo.settleRemote(REMOTE, BILL);
    const [line] = await wflo.calls.list();
    const explanation = await wflo.calls.explain(line?.callId ?? "");
    expect(explanation).toMatchObject({ cost: ANSWER_COST, isExact: true, inDoubt: false });
    expect(explanation?.text).toContain("its usage comes later");
    expect(explanation?.text).toContain("100 output x $0.000008 = $0.0008");
  });

  test("brought in by several at once is brought in by one, who is told so", async () => {
    await begin("batch_1");
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => wflo.settleRemote(REMOTE, BILL)));
    expect(verdicts.filter(Boolean)).toHaveLength(1);
    expect(await spent()).toBe(ANSWER_COST);
  });
});

describe("a bill that is the sum of many requests, of which long ones cost more", () => {
  const SUM = { inputTokens: 1_000_000, outputTokens: 100_000, isUnsplit: true };
  const bill = (requests: number | undefined): Outcome => ({
    kind: "answered",
    usage: SUM,
    model: "gpt-5.5",
    serviceTier: "batch",
    requests,
  });

  test("is charged as if none was long where they are short on average, as a lower bound that says what sets it right", async () => {
    const warn = vi.fn<(message: string) => void>();
    await wflo.close();
    const quiet = { debug: () => {}, info: () => {}, error: () => {} };
    wflo = createWflo({ logger: { ...quiet, warn } });
    await wflo.budgets.set({ id: "b", caps: { total: "50.00" } });
    await begin("batch_1");
    expect(await wflo.settleRemote(REMOTE, bill(1_000))).toBe(true);
    // Half of $5 and of $30 a million.
    expect([await spent(), await wflo.calls.list({ inDoubt: true })]).toEqual(["4.00", []]);
    const [line] = await wflo.calls.list();
    const { callId = "" } = line ?? {};
    const explained = await wflo.calls.explain(callId);
    expect(explained).toMatchObject({ cost: "4.00", isExact: false });
    expect(explained?.text).toContain("without a price: the price of long requests");
    expect(warn.mock.lastCall?.[0]).toContain(`wflo.calls.resolve("${callId}", { cost })`);
    expect(await wflo.calls.resolve(callId, { cost: "4.10" })).toBe(true);
    expect(await spent()).toBe("4.10");
  });

  test.each([3, undefined])(
    "stays in doubt where they are long, or nobody knows: %s of them",
    async (requests) => {
      await begin("batch_1");
      expect(await wflo.settleRemote(REMOTE, bill(requests))).toBe(false);
      expect(await spent()).toBe(HELD);
    },
  );

  test("is exact where no length changes the price", async () => {
    await begin("batch_1");
    const usage = { ...SUM, inputTokens: 10_000, outputTokens: 1_000 };
    await wflo.settleRemote(REMOTE, { kind: "answered", usage, model: "gpt-5.5", requests: 10 });
    expect(await spent()).toBe("0.08");
  });
});
