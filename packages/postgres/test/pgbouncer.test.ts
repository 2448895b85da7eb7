import { createWflo, isBudgetExceeded, type GuardRequest } from "@wflo/core";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { postgres } from "../src/postgres.ts";
import { pgbouncer, startPgBouncer } from "./support/pgbouncer.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const CALLERS = 40;
const CALLS_EACH = 5;
const BUDGETS = ["org", "team/a", "team/b"];

test.skipIf(pgbouncer === undefined)(
  `two clients spend through PgBouncer in transaction mode${pgbouncer === undefined ? " (it is not installed here)" : ""}`,
  { timeout: 120_000 },
  async () => {
    const pooler = await startPgBouncer(pgbouncer as string, database.url);
    onTestFinished(() => pooler.stop());
    const statements = new Set<string>();
    const clients = [0, 1].map(() => {
      const pool = new pg.Pool({ connectionString: pooler.url, max: 8 });
      const query = pool.query.bind(pool) as (statement: { text: string }) => Promise<pg.QueryResult>;
      pool.query = ((statement: { text: string }) => {
        statements.add(/wflo\.(\w+)\(/.exec(statement.text)?.[1] ?? "");
        return query(statement);
      }) as typeof pool.query;
      onTestFinished(() => pool.end());
      return createWflo({ database: postgres({ pool }), logger: false, waitMs: 20_000 });
    });
    const [first] = clients as [(typeof clients)[0]];
    for (const id of BUDGETS) await first.budgets.set({ id, caps: { total: "100.00", day: "0.12" } });
    const request = (caller: number): GuardRequest => ({
      provider: "openai",
      model: "gpt-4.1",
      parts: ["hello"],
      maxOutputTokens: 100,
      budgets: ["org", caller % 2 === 0 ? "team/a" : "team/b"],
    });
    let answered = 0;
    const caller = async (at: number): Promise<void> => {
      for (let call = 0; call < CALLS_EACH; call += 1) {
        const wflo = clients[at % 2] as (typeof clients)[0];
        await wflo
          .guardCall(request(at), async () => ({
            value: "hi",
            usage: { inputTokens: 10, outputTokens: 100 },
          }))
          .then(
            () => void (answered += 1),
            (error: unknown) => expect(isBudgetExceeded(error)).toBe(true),
          );
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, at) => caller(at)));
    for (const wflo of clients) await wflo.flush();
    // Each call costs $0.00082 of $0.12, and the last needs its bound of $0.001834.
    expect(answered).toBe(Math.floor((0.12 - 0.001834) / 0.00082) + 1);
    expect((await first.budgets.get("org"))?.windows.map(({ reserved }) => reserved)).toEqual([
      "0.00",
      "0.00",
    ]);
    expect((await first.budgets.reconcile()).isExact).toBe(true);
    expect(statements).toContain("settle_and_reserve_early");
    for (const wflo of clients) await wflo.close();
  },
);
