import { createWflo, memoryDatabase, StoreUnavailableError, type LedgerStore, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
});
afterEach(() => wflo.close());

/** The explanation of the call made last. */
async function explained() {
  const callId = (await wflo.calls.list()).at(-1)?.callId ?? "";
  return wflo.calls.explain(callId.toUpperCase());
}

describe("calls.explain", () => {
  test("tells tokens, rates, hold, budgets and who served", async () => {
    await wflo.guardCall(request({ budgets: ["b"], agent: "critic" }), async () => ({
      value: 1,
      usage: { inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 100 },
      model: "gpt-4.1-2025-04-14",
      serviceTier: "default",
    }));
    const { text, cost, isExact, inDoubt } = (await explained()) ?? {};
    expect([cost, isExact, inDoubt]).toEqual(["0.0022", true, false]);
    expect(text).toMatch(/^Call \S+ to openai\/gpt-4\.1, \S+Z, agent critic, on b\.\nCharged \$0\.0022\.\n/);
    expect(text).toContain("  600 input x $0.000002 = $0.0012\n");
    expect(text).toContain("  400 cachedInput x $0.0000005 = $0.0002\n");
    expect(text).toContain("prices of openai/gpt-4.1");
    expect(text).toContain("Served by model gpt-4.1-2025-04-14, tier default.");
    expect(text).toMatch(/^Held \$0\.\d+ before it was sent/m);
  });

  test("tells that an output cap was written because money was short", async () => {
    await wflo.budgets.set({ id: "b", caps: { total: "0.05" } });
    await wflo.guardCall(request({ budgets: ["b"] }), async () => answer(1));
    expect((await explained())?.text).toMatch(/^Money was short: its output was capped at [\d,]+ tokens\.$/m);
  });

  test("tells what to do about a call in doubt, and what a correction by hand has made of it", async () => {
    await wflo
      .guardCall(request({ budgets: ["b"], maxOutputTokens: 100 }), () => Promise.reject(new Error("gone")))
      .catch(() => {});
    const doubt = await explained();
    expect(doubt).toMatchObject({ isExact: false, inDoubt: true });
    expect(doubt?.text).toContain(`wflo.calls.resolve("${doubt?.callId}", { cost })`);
    expect(doubt?.text).toContain("- doubt: Error\n");
    await wflo.calls.resolve(doubt?.callId ?? "", { cost: "0.0001", note: "as on the invoice" });
    const resolved = await explained();
    expect(resolved).toMatchObject({ cost: "0.0001", isExact: true, inDoubt: false });
    expect(resolved?.text).toMatch(/^- correction -\$0\.\d+, \S+: as on the invoice$/m);
  });

  test("tells why a refused request cost nothing", async () => {
    const refused = Object.assign(new Error("no"), { status: 429 });
    await wflo.guardCall(request({ budgets: ["b"] }), () => Promise.reject(refused)).catch(() => {});
    expect(await explained()).toMatchObject({
      cost: "0.00",
      isExact: true,
      text: expect.stringContaining("- void: HTTP 429"),
    });
  });

  test("adds up all of many corrections", async () => {
    await wflo.guardCall(request({ budgets: ["b"] }), async () => answer(1));
    const callId = (await wflo.calls.list())[0]?.callId ?? "";
    for (let cents = 1; cents <= 120; cents += 1)
      await wflo.calls.resolve(callId, { cost: (cents / 1_000).toFixed(3) });
    expect(await wflo.calls.explain(callId)).toMatchObject({ cost: "0.12", isExact: true });
    expect(await wflo.calls.get(callId)).toHaveLength(121);
  });

  test("knows the bill of a call that expired while the bill waited for the database", async () => {
    let now = Date.now();
    let isAway = true;
    const database = memoryDatabase({ now: () => now });
    const settle: LedgerStore["settle"] = async (...args) => {
      if (isAway) throw new StoreUnavailableError("away");
      return database.ledger.settle(...args);
    };
    const ledger = { ...database.ledger, settle };
    const client = createWflo({ database: { ...database, ledger }, logger: false });
    await client.budgets.set({ id: "b", caps: { total: "1.00" } });
    await client.guardCall(request({ budgets: ["b"] }), async () => answer(1));
    await client.flush({ timeoutMs: 10 }).catch(() => {});
    now += 200_000;
    await client.budgets.get("b");
    isAway = false;
    await client.flush();
    const [line] = await client.calls.list();
    const told = await client.calls.explain(line?.callId ?? "");
    expect(told?.lines.map(({ kind }) => kind)).toEqual(["expire", "late"]);
    expect(told).toMatchObject({ isExact: true, inDoubt: false });
    expect(told?.text).not.toContain("which is a bound");
    await client.close();
  });

  test("knows nothing of a call that is not in the ledger", async () => {
    expect(await wflo.calls.explain(crypto.randomUUID())).toBeUndefined();
  });
});
