import { createWflo, isBudgetExceeded, type GuardRequest, type Wflo } from "@wflo/core";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { postgres } from "../src/postgres.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const request: GuardRequest = {
  provider: "openai",
  model: "gpt-4.1",
  parts: ["hello"],
  maxOutputTokens: 100,
  budgets: ["b"],
};
const answer = async () => ({ value: "hi", usage: { inputTokens: 10, outputTokens: 100 } });

let pool: pg.Pool;
/** The functions called so far, and a gate that holds settles back. */
const seen: string[] = [];
let settlesMayPass = Promise.resolve();
beforeAll(() => {
  pool = new pg.Pool({ connectionString: database.url, max: 10 });
  const query = pool.query.bind(pool) as (statement: { text: string }) => Promise<pg.QueryResult>;
  const watched = async (statement: { text: string }) => {
    const name = /wflo\.(\w+)\(/.exec(statement.text)?.[1];
    if (name !== undefined) seen.push(name);
    if (name === "settle") await settlesMayPass;
    return query(statement);
  };
  pool.query = watched as typeof pool.query;
});
beforeEach(() => {
  settlesMayPass = Promise.resolve();
});
afterAll(() => pool.end());

test("a call makes one round trip before it is sent and awaits nothing after it", async () => {
  const wflo = createWflo({ database: postgres({ pool }), logger: false });
  await wflo.budgets.set({ id: "b", caps: { total: "1000.00" } });
  await wflo.guardCall(request, answer);
  await wflo.flush();
  const gate = Promise.withResolvers<void>();
  settlesMayPass = gate.promise;
  seen.length = 0;
  const value = await wflo.guardCall(request, async () => {
    expect(seen).toEqual(["reserve"]);
    return answer();
  });
  expect(value).toBe("hi");
  expect((await wflo.budgets.get("b"))?.windows[0]).toMatchObject({ spent: "0.00082", reserved: "0.001834" });
  gate.resolve();
  await wflo.flush();
  expect((await wflo.budgets.get("b"))?.windows[0]).toMatchObject({ spent: "0.00164", reserved: "0.00" });
  await wflo.close();
});

test(
  "two processes' clients and sixty calls at once: never over the cap, and all that fit pass",
  { timeout: 120_000 },
  async () => {
    const [one, two] = [0, 1].map(() => createWflo({ database: database.open(), logger: false })) as [
      Wflo,
      Wflo,
    ];
    // Each holds 0.001834 and costs 0.00082: forty fit.
    await one.budgets.set({ id: "b2", caps: { total: "0.0339" } });
    const calls = Array.from({ length: 60 }, (_, index) =>
      (index % 2 === 0 ? one : two).guardCall({ ...request, budgets: ["b2"] }, async () => {
        const window = (await one.budgets.get("b2"))?.windows[0];
        expect(Number(window?.spent) + Number(window?.reserved)).toBeLessThanOrEqual(0.0339);
        return answer();
      }),
    );
    const ends = await Promise.allSettled(calls);
    await Promise.all([one.flush(), two.flush()]);
    expect(ends.filter((end) => end.status === "fulfilled")).toHaveLength(40);
    const refusals = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
    expect(refusals.every(isBudgetExceeded)).toBe(true);
    expect((await one.budgets.get("b2"))?.windows[0]).toMatchObject({
      spent: "0.0328",
      reserved: "0.00",
    });
    expect((await one.budgets.reconcile()).discrepancies).toEqual([]);
  },
);
