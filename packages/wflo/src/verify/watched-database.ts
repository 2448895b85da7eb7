import type { Database } from "@wflo/core";
import type { Note } from "./log-line.ts";

/** The same database; what a process asks of its ledger, and hears, is noted before the process goes on. */
export function watchedDatabase(database: Database, note: Note): Database {
  const { ledger } = database;
  const asked = new Set<string>();
  return {
    ...database,
    ledger: {
      ...ledger,
      async reserve(request) {
        const { callId: call, budgetIds: budgets, replaces } = request;
        // A call that waits asks again and again.
        if (!asked.has(call)) note({ what: "ask", call, budgets, replaces });
        asked.add(call);
        const startedMs = performance.now();
        const verdict = await ledger.reserve(request);
        if (verdict.code !== "granted") return verdict;
        const ms = performance.now() - startedMs;
        note({ what: "got", call, held: String(verdict.amountNanoUsd), ms });
        return verdict;
      },
      async settle(tenant, settlements) {
        for (const { callId: call, kind, costNanoUsd } of settlements) {
          const cost = costNanoUsd === undefined ? {} : { cost: String(costNanoUsd) };
          note({ what: "closing", call, kind, ...cost });
        }
        const verdicts = await ledger.settle(tenant, settlements);
        for (const { callId: call, code, chargedNanoUsd } of verdicts)
          note({ what: "closed", call, code, charged: String(chargedNanoUsd) });
        return verdicts;
      },
    },
  };
}
