import { type CallLabel, type Database, LEASE_LABEL, type LedgerStore } from "@wflo/core";
import type { Note } from "./call-log.ts";

/** The same database; what a process asks of its ledger, and hears, is noted before the process goes on. So are failures. */
export function watchedDatabase(database: Database, note: Note): Database {
  const ledger = failuresNoted(database.ledger, note);
  const asked = new Set<string>();
  return {
    ...database,
    ledger: {
      ...ledger,
      async reserve(request) {
        const { callId: call, budgetIds: budgets, replaces } = request;
        // A call that waits asks again and again.
        const lease = isLease(request.label) ? { lease: true as const } : {};
        if (!asked.has(call)) note({ what: "ask", call, budgets, replaces, ...lease });
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

function isLease({ provider, model }: CallLabel): boolean {
  return provider === LEASE_LABEL.provider && model === LEASE_LABEL.model;
}

/** Much of the ledger is asked in the background, where a failure is tried again and nobody hears of it. */
function failuresNoted(ledger: LedgerStore, note: Note): LedgerStore {
  return new Proxy(ledger, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await (Reflect.apply(method, target, args) as Promise<unknown>);
        } catch (error) {
          note({ what: "error", message: `${String(name)}: ${sentenceOf(error)}` });
          throw error;
        }
      };
    },
  });
}

/** An error as it is told in the report. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
