import { createWflo, type PriceOptions, type Wflo } from "@wflo/core";
import { expect, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const MODEL = { provider: "openai", model: "gpt-4.1-nano" };
const usage = { inputTokens: 1_000, outputTokens: 100 };
const CALLS = 40;

/** Clients with pools of their own, as in processes of their own. */
function client(prices: PriceOptions): Wflo {
  return createWflo({ database: database.open(), logger: false, prices });
}

const WRONG = { "openai/gpt-4.1-nano": { input: "10", output: "40" } };
const RIGHT = { "openai/gpt-4.1-nano": { input: "0.1", output: "0.4" } };

test("two processes that price the same calls again at once, while others call, leave books that are right", async () => {
  const [before, one, other] = [client(WRONG), client(RIGHT), client(RIGHT)];
  await before.budgets.set({ id: "user", caps: { day: "100.00", month: "1000.00" } });
  const call = (wflo: Wflo) =>
    wflo.guardCall({ ...MODEL, parts: ["Hi"], maxOutputTokens: 1_000, budgets: ["user"] }, async () => ({
      value: 1,
      usage,
    }));
  await Promise.all(Array.from({ length: CALLS }, () => call(before)));
  await before.flush();
  const lines = await before.calls.list({ limit: CALLS });

  const calling = Promise.all(Array.from({ length: CALLS }, () => call(one)));
  await Promise.all([
    one.calls.reprice({ callId: lines[0]?.callId }),
    one.calls.reprice(),
    other.calls.reprice(),
  ]);
  await calling;
  await Promise.all([one.flush(), other.flush()]);

  // 1,000 and 100 tokens at $0.10 and $0.40 a million.
  const spent = ((CALLS * 2 * 140) / 1_000_000).toString();
  const windows = (await one.budgets.get("user"))?.windows ?? [];
  expect(windows.map((window) => [window.spent, window.reserved])).toEqual([
    [spent, "0.00"],
    [spent, "0.00"],
  ]);
  expect(await one.budgets.reconcile()).toMatchObject({ isExact: true, discrepancies: [] });
  expect((await one.calls.list({ limit: CALLS })).slice(0, CALLS)).toEqual(lines);
  const text = (await one.calls.explain(lines[0]?.callId ?? ""))?.text;
  expect(text).toMatch(/priced again/);
  expect(await one.calls.reprice()).toMatchObject({ changed: [], difference: "0.00" });
  await Promise.all([before, one, other].map((wflo) => wflo.close()));
});
