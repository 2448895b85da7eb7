import { createWflo, memoryDatabase, UnknownBudgetError, type Database, type WfloEvents } from "@wflo/core";
import { describe, expect, test } from "vitest";

type Created = WfloEvents["budget-created"];

function clientOn(database: Database = memoryDatabase()) {
  const wflo = createWflo({ database, logger: false });
  const created: Created[] = [];
  wflo.on("budget-created", (event) => created.push(event));
  const call = (budgets: readonly string[], hold = "1.00") =>
    wflo.guardCall({ provider: "openai", model: "gpt-4.1-mini", parts: [], hold, budgets }, async () => ({
      value: "answered",
      outcome: { kind: "answered" as const, usage: { inputTokens: 10, outputTokens: 1 } },
    }));
  return { wflo, created, call };
}

describe("a default for budgets", () => {
  test("makes the budget that a call names, once, and tells of it", async () => {
    const { wflo, created, call } = clientOn();
    await wflo.budgets.setDefault({ match: "user/*", caps: { month: "5.00", day: 1 }, warnAt: [0.8, 0.5] });
    expect(await Promise.all([call(["user/42"], "0.10"), call(["user/42"], "0.10")])).toHaveLength(2);
    await call(["user/42"], "0.10");
    expect(created).toEqual([{ budgetId: "user/42", match: "user/*", caps: { month: "5.00", day: "1.00" } }]);
    expect(await wflo.budgets.get("user/42")).toMatchObject({ warnAt: [0.5, 0.8], timeZone: "UTC" });
    expect(await call(["user/42"], "1.01").catch((error: unknown) => error)).toMatchObject({
      code: "WFLO_BUDGET_EXCEEDED",
      budgetId: "user/42",
      cap: "1.00",
    });
  });

  test("makes it once for all processes", async () => {
    const { ledger, ...database } = memoryDatabase();
    const asked: string[] = [];
    // All of them find it missing before the first makes it.
    const createFromDefault: typeof ledger.createFromDefault = async (tenant, id) => {
      asked.push(id);
      await expect.poll(() => asked.length).toBe(4);
      return ledger.createFromDefault(tenant, id);
    };
    const clients = Array.from({ length: 4 }, () =>
      clientOn({ ...database, ledger: { ...ledger, createFromDefault } }),
    );
    await clients[0]?.wflo.budgets.setDefault({ match: "user/*", caps: { total: "5.00" } });
    await Promise.all(clients.map(({ call }) => call(["user/1"])));
    expect(clients.flatMap(({ created }) => created)).toHaveLength(1);
  });

  test("makes every budget of a call that is missing", async () => {
    const { wflo, created, call } = clientOn();
    await wflo.budgets.set({ id: "org", caps: { total: "9.00" } });
    await wflo.budgets.setDefault({ match: "user/*", caps: { total: "5.00" } });
    await wflo.budgets.setDefault({ match: "team/*", caps: { total: "7.00" } });
    await call(["org", "team/1", "user/1"]);
    expect(created.map(({ budgetId }) => budgetId)).toEqual(["team/1", "user/1"]);
    expect((await wflo.calls.list())[0]?.budgetIds).toEqual(["org", "team/1", "user/1"]);
  });

  test("makes budgets of runs, which may be named before they are there", async () => {
    const { wflo, created, call } = clientOn();
    await wflo.budgets.setDefault({ match: "user/*", caps: { total: "5.00" } });
    const cost = await wflo.run({ name: "chat", budgets: ["user/7"] }, async (run) => {
      await call([]);
      return run.cost();
    });
    expect(created).toHaveLength(1);
    expect(cost.remaining).toBe((await wflo.budgets.get("user/7"))?.left);
    expect((await wflo.budgets.get("user/7"))?.windows[0]?.spent).toBe(cost.total);
  });

  test("counts for what remains to a run before its first call", async () => {
    const { wflo, created } = clientOn();
    await wflo.budgets.set({ id: "org", caps: { total: "9.00" } });
    await wflo.budgets.setDefault({ match: "user/*", caps: { total: "5.00" } });
    const budgets = ["org", "user/7", "nobody/1"];
    const cost = await wflo.run({ name: "chat", budgets }, (run) => run.cost());
    expect(cost).toMatchObject({ total: "0.00", remaining: "5.00" });
    expect(cost.budgets.map(({ budgetId, left }) => [budgetId, left])).toEqual([
      ["org", "9.00"],
      ["user/7", "5.00"],
    ]);
    expect(created.map(({ budgetId }) => budgetId)).toEqual(["user/7"]);
  });

  test("leaves ids alone that it does not match, and what nobody could set", async () => {
    const { wflo, created, call } = clientOn();
    await wflo.budgets.setDefault({ match: "user/*", caps: { total: "5.00" } });
    for (const id of ["team/1", "user/", `user/${"x".repeat(200)}`, "user/\n"])
      await expect(call([id])).rejects.toThrow(UnknownBudgetError);
    await expect(call(["user/1", "team/1"])).rejects.toThrow('setDefault({ match: "user/*"');
    expect(created.map(({ budgetId }) => budgetId)).toEqual(["user/1"]);
  });

  test("stands for budgets that are paused before their first call", async () => {
    const { wflo, created, call } = clientOn();
    await wflo.budgets.setDefault({ match: "user/*", caps: { total: "5.00" } });
    await wflo.budgets.pause("user/1");
    expect(created).toHaveLength(1);
    await expect(call(["user/1"])).rejects.toMatchObject({ code: "WFLO_BUDGET_PAUSED" });
    await wflo.budgets.resume("user/1");
    expect(await call(["user/1"])).toBe("answered");
    await expect(wflo.budgets.pause("team/1")).rejects.toThrow(UnknownBudgetError);
  });

  test("is listed, replaced and removed", async () => {
    const { wflo, call } = clientOn();
    const { budgets } = wflo;
    const plain = { warnAt: [], timeZone: "UTC", onExpiry: "charge" };
    await budgets.setDefault({ match: "user/*", caps: { total: "5.00" } });
    await budgets.setDefault({ match: "*", caps: { day: "1" } });
    const set = await budgets.setDefault({ match: "user/*", caps: { month: 2 }, onExpiry: "release" });
    expect(set).toEqual({ ...plain, match: "user/*", caps: { month: "2.00" }, onExpiry: "release" });
    expect(await budgets.defaults()).toEqual([{ ...plain, match: "*", caps: { day: "1.00" } }, set]);
    expect(await budgets.defaults({ after: "*", limit: 1 })).toEqual([set]);
    expect(await budgets.removeDefault("*")).toBe(true);
    expect(await budgets.removeDefault("*")).toBe(false);
    await expect(call(["team/1"])).rejects.toThrow(UnknownBudgetError);
  });

  test.each(["", "user/", "user/*/x", "*/x", "u*r/*", "**", "user/\n*", `${"x".repeat(200)}*`, 7, undefined])(
    "matches a prefix and one star, not %j",
    async (match) => {
      const { wflo } = clientOn();
      const input = { match, caps: { total: 1 } } as { match: string; caps: object };
      const invalid = {
        code: "WFLO_INVALID_OPTION",
        message: expect.stringContaining("a default") as unknown,
      };
      await expect(wflo.budgets.setDefault(input)).rejects.toMatchObject(invalid);
      await expect(wflo.budgets.removeDefault(input.match)).rejects.toMatchObject(invalid);
    },
  );

  test.each([
    [{ caps: {} }, "The default for user/* has no cap"],
    [{ caps: { week: 1 } }, 'there is no cap "week"'],
    [{ caps: { day: -1 } }, "it must not be negative"],
    [{ caps: { day: 1 }, warnAt: [2] }, "warnAt takes a list of shares above 0 and up to 1"],
    [{ caps: { day: 1 }, warnAt: 0.8 }, "warnAt takes a list of shares above 0 and up to 1"],
    [{ caps: { day: 1 }, timeZone: "CET" }, "The default for user/*: timeZone is"],
    [{ caps: { day: 1 }, onExpiry: "keep" }, 'onExpiry is "charge" or "release"'],
  ])("says what is wrong with %j", async (terms, told) => {
    const { wflo } = clientOn();
    await expect(
      wflo.budgets.setDefault({ match: "user/*", ...(terms as { caps: object }) }),
    ).rejects.toThrow(told);
  });
});
