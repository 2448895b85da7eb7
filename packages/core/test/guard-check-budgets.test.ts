import { attributed, createWflo, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answer, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
});
afterEach(() => wflo.close());

test("throws what a call would be refused with, tells of it, and holds nothing", async () => {
  await wflo.budgets.set({ id: "b", caps: { total: "0.000001" } });
  const told: unknown[] = [];
  wflo.on("budget-exceeded", ({ budgetId, cap }) => void told.push([budgetId, cap]));
  const error = await wflo.checkBudgets(request({ budgets: ["b"] })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "WFLO_BUDGET_EXCEEDED",
    budgetId: "b",
    cap: "0.000001",
    spent: "0.00",
  });
  const refused = wflo.guardCall(request({ budgets: ["b"] }), async () => answer("yes"));
  await expect(refused).rejects.toMatchObject({ needed: (error as { needed: string }).needed });
  expect(told).toEqual([
    ["b", "0.000001"],
    ["b", "0.000001"],
  ]);
  expect((await wflo.budgets.get("b"))?.windows[0]?.reserved).toBe("0.00");
});

test("says nothing where there is money, be it held by others for now, or no budget", async () => {
  expect(await wflo.checkBudgets(request())).toBeUndefined();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const open = wflo.guardCall(request({ budgets: ["b"], hold: "1.00" }), async () => {
    begun.resolve();
    await gate.promise;
    return answer("yes");
  });
  await begun.promise;
  expect((await wflo.budgets.get("b"))?.windows[0]?.free).toBe("0.00");
  expect(await wflo.checkBudgets(request({ budgets: ["b"] }))).toBeUndefined();
  gate.resolve();
  await open;
});

test("knows the budgets around, and those that are paused; what has no price needs some money at least", async () => {
  await wflo.budgets.pause("b");
  const check = () => wflo.checkBudgets({ ...request(), model: "nobody-knows" });
  await expect(attributed({ budgets: ["b"] }, check)).rejects.toMatchObject({ code: "WFLO_BUDGET_PAUSED" });
  await wflo.budgets.resume("b");
  await attributed({ budgets: ["b"] }, check);
  await wflo.budgets.set({ id: "b", caps: { total: 0 } });
  await expect(attributed({ budgets: ["b"] }, check)).rejects.toMatchObject({ needed: "0.000000001" });
});

test("names the budget that never resets before one that does, of those that refuse, as the refused call does", async () => {
  await wflo.budgets.set({ id: "day", caps: { day: "0.000001", month: "5.00" } });
  await wflo.budgets.set({ id: "b", caps: { total: "0.000002" } });
  const both = request({ budgets: ["day", "b"] });
  const refusal = { budgetId: "b", window: "total" };
  await expect(wflo.checkBudgets(both)).rejects.toMatchObject(refusal);
  await expect(wflo.guardCall(both, async () => answer("yes"))).rejects.toMatchObject(refusal);
  await wflo.budgets.pause("b");
  await expect(wflo.checkBudgets(both)).rejects.toMatchObject({ code: "WFLO_BUDGET_PAUSED" });
});

test("lets what costs nothing pass a budget that is overspent, as its call does", async () => {
  const prices = { "own/free": { input: "0", output: "0" } };
  const client = createWflo({ logger: false, prices });
  await client.budgets.set({ id: "b", caps: { total: "0.01" } });
  await client.guardCall(request({ budgets: ["b"], hold: "0.01" }), async () => answer(1));
  await client.flush();
  await client.budgets.set({ id: "b", caps: { total: "0.000001" } });
  const free = { provider: "own", model: "free", parts: ["Hi"], maxOutputTokens: 10, budgets: ["b"] };
  await client.checkBudgets(free);
  expect(await client.guardCall(free, async () => answer("yes"))).toBe("yes");
  await client.close();
});
