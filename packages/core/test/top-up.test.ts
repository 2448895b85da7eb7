import {
  createWflo,
  memoryDatabase,
  systemClock,
  UnknownBudgetError,
  type BudgetExceededError,
  type TopUp,
  type Wflo,
} from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";

let now: number;
let wflo: Wflo;

beforeEach(() => {
  now = Date.parse("2026-11-30T12:00Z");
  wflo = createWflo({ database: memoryDatabase({ now: () => now }), logger: false });
});

const spend = (budgets: readonly string[], price = "1.00", until?: Promise<void>) =>
  wflo.guardCall({ provider: "openai", model: "gpt-4.1-mini", parts: [], price, budgets }, async () => {
    await until;
    return { value: "answered", usage: undefined };
  });

const capOf = async (id: string) =>
  (await wflo.budgets.get(id))?.windows.map(({ window, cap }) => [window, cap]);

describe("budgets.topUp", () => {
  test("raises the only cap until its window ends", async () => {
    await wflo.budgets.set({ id: "user/42", caps: { day: "1.00" } });
    await spend(["user/42"]);
    await expect(spend(["user/42"])).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    const budget = await wflo.budgets.topUp("user/42", { to: "2.50" });
    expect(budget).toMatchObject({ id: "user/42", left: "1.50", windows: [{ window: "day", cap: "2.50" }] });
    expect(await spend(["user/42"])).toBe("answered");
    now = Date.parse("2026-12-01T00:00Z");
    expect(await capOf("user/42")).toEqual([["day", "1.00"]]);
  });

  test("raises the one that is named of several, and a total for good", async () => {
    await wflo.budgets.set({ id: "user/42", caps: { month: "5.00", total: "9.00" } });
    await wflo.budgets.topUp("user/42", { to: 7, window: "month" });
    await wflo.budgets.topUp("user/42", { to: "10", window: "total" });
    expect(await capOf("user/42")).toEqual([
      ["total", "10.00"],
      ["month", "7.00"],
    ]);
    now = Date.parse("2026-12-01T00:00Z");
    expect(await capOf("user/42")).toEqual([
      ["total", "10.00"],
      ["month", "5.00"],
    ]);
  });

  test("never lowers", async () => {
    await wflo.budgets.set({ id: "user/42", caps: { day: "3.00" } });
    expect((await wflo.budgets.topUp("user/42", { to: "1.00" })).windows[0]?.cap).toBe("3.00");
  });

  test("wakes calls that wait for money, before anybody looks at the store again", async () => {
    const clock = { ...systemClock, schedule: () => () => {} };
    wflo = createWflo({ clock, logger: false });
    await wflo.budgets.set({ id: "user/42", caps: { day: "1.00" } });
    const first = Promise.withResolvers<void>();
    const holds = spend(["user/42"], "1.00", first.promise);
    const waits = new Promise((resolve) => wflo.on("call-waiting", resolve));
    const second = spend(["user/42"]);
    await waits;
    await wflo.budgets.topUp("user/42", { to: "2.00" });
    expect(await second).toBe("answered");
    first.resolve();
    await holds;
  });

  test("tops up what only a default stands for", async () => {
    await wflo.budgets.setDefault({ match: "user/*", caps: { month: "1.00" } });
    expect((await wflo.budgets.topUp("user/1", { to: "2.00" })).windows[0]?.cap).toBe("2.00");
    expect(await spend(["user/1"], "1.50")).toBe("answered");
    await expect(wflo.budgets.topUp("team/1", { to: "2.00" })).rejects.toThrow(UnknownBudgetError);
  });

  test.each([
    ["user/2", { to: "2.00" }, 'Budget user/2 has caps for day and month: say which, such as window: "day".'],
    [
      "user/1",
      { to: "2.00", window: "month" },
      "Budget user/1 has caps for day, not for month: raise one of these,",
    ],
    [
      "user/1",
      { to: "2.00", window: "week" },
      'Budget user/1: there is no cap "week"; write total, day or month.',
    ],
    ["user/1", { to: "-1" }, "it must not be negative"],
    ["user/1", {}, 'write a decimal string such as "5.00"'],
    ["user/1", "2.00", "The options of a top-up are an object"],
    ["", { to: "2.00" }, "A budget id is a text"],
  ])("says what is wrong: %s, %j", async (id, wish, told) => {
    await wflo.budgets.set({ id: "user/1", caps: { day: "1.00" } });
    await wflo.budgets.set({ id: "user/2", caps: { month: "1.00", day: "1.00" } });
    await expect(wflo.budgets.topUp(id, wish as TopUp)).rejects.toThrow(told);
    expect(await capOf("user/1")).toEqual([["day", "1.00"]]);
  });
});

describe("a top-up of resume", () => {
  const stopped = async (options: { budget?: string; budgets?: string[] }) => {
    const flow = wflo.workflow("flow", () => spend([]), options);
    const refusal = (await flow.run(undefined).catch((error: unknown) => error)) as BudgetExceededError;
    return { flow, id: refusal.runId ?? "" };
  };

  test("raises the window that refused", async () => {
    await wflo.budgets.set({ id: "user/1", caps: { day: "0.50", month: "5.00" } });
    const { flow, id } = await stopped({ budgets: ["user/1"] });
    expect(await flow.resume(id, { topUp: { to: "2.00", budget: "user/1" } })).toBe("answered");
    expect(await capOf("user/1")).toEqual([
      ["day", "2.00"],
      ["month", "5.00"],
    ]);
  });

  test("says which caps there are, of which budgets", async () => {
    await wflo.budgets.set({ id: "user/1", caps: { day: "9.00", month: "9.00" } });
    const own = await stopped({ budget: "0.50", budgets: ["user/1"] });
    await expect(own.flow.resume(own.id, { topUp: { to: "9", budget: "user/1" } })).rejects.toThrow(
      "has caps for day and month: say which",
    );
    await expect(own.flow.resume(own.id, { topUp: { to: "9", window: "day" } })).rejects.toThrow(
      "has caps for total, not for day",
    );
    await expect(own.flow.resume(own.id, { topUp: { to: "9", budget: "nobody" } })).rejects.toThrow(
      "there is no budget nobody to top up; it is under user/1 and run/",
    );
  });

  test("does not make a budget of its own for a run that has none", async () => {
    await wflo.budgets.setDefault({ match: "*", caps: { total: "9.00" } });
    let isBroken = true;
    const flow = wflo.workflow("flow", () => (isBroken ? Promise.reject(new Error("stop")) : "done"));
    await flow.run(undefined, { budgets: ["user/1"] }).catch(() => {});
    const [{ id } = { id: "" }] = await wflo.runs.list();
    await expect(flow.resume(id, { topUp: { to: "2.00" } })).rejects.toThrow(
      'it has no budget of its own to top up; it is under user/1, so write topUp: { budget: "user/1", … }.',
    );
    isBroken = false;
    expect(await flow.resume(id)).toBe("done");
    expect(await wflo.budgets.list()).toEqual([]);
  });
});
