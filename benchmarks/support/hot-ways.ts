import { createWflo, uuidV7Ids, type Database } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";

/** How a call spends: through the door; by the ledger's own functions, which the door calls; by the plain SQL function of one call; not at all. */
export type HotWay = "door" | "ledger" | "plain" | "select 1";

/** One way, opened. `pair` reserves and settles on these budgets, and tells how long the reserve took, in milliseconds. */
export interface OpenWay {
  pair(budgets: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

const TENANT = "default";
const HOLD_NANO_USD = 1_000;
const COST_NANO_USD = 500;
const TTL_MS = 90_000;
/** Ids as the door makes them. */
const ids = uuidV7Ids({ now: () => Date.now() });
const RECEIPT = { text: "x".repeat(1_000) };
const RESERVE = `select wflo.reserve(${Array.from({ length: 18 }, (_, at) => `$${at + 1}`).join(", ")})`;

const WAYS: Record<HotWay, (url: string, connections: number) => OpenWay> = {
  door: openDoor,
  ledger: (url, max) => openLedger(postgres({ url, max })),
  plain: openPlain,
  "select 1": openSelect,
};

/** Opens a way and lets it connect. */
export async function openWay(way: HotWay, url: string, connections: number): Promise<OpenWay> {
  const opened = WAYS[way](url, connections);
  await opened.pair([]);
  return opened;
}

function openDoor(url: string, max: number): OpenWay {
  const wflo = createWflo({ database: postgres({ url, max }), logger: false });
  return {
    async pair(budgets) {
      const started = performance.now();
      let took = 0;
      const request = {
        provider: "openai",
        model: "gpt-4.1",
        parts: [RECEIPT.text],
        budgets,
        hold: "0.000001",
      };
      await wflo.guardCall(request, async () => {
        took = performance.now() - started;
        const usage = { inputTokens: 0, outputTokens: 0, reportedPicoUsd: COST_NANO_USD * 1_000 };
        return { value: undefined, usage };
      });
      return took;
    },
    close: () => wflo.close(),
  };
}

/** By the ledger's own functions on any database. */
export function openLedger(database: Database): OpenWay {
  const { ledger } = database;
  const amount = BigInt(HOLD_NANO_USD);
  return {
    async pair(budgets) {
      const callId = ids.next();
      const took = await timed(() =>
        ledger.reserve({
          tenant: TENANT,
          callId,
          isNew: true,
          budgetIds: budgets,
          boundNanoUsd: amount,
          needNanoUsd: amount,
          targetNanoUsd: amount,
          share: 1,
          ttlMs: TTL_MS,
          label: { provider: "p", model: "m" },
        }),
      );
      await ledger.settle(TENANT, [
        {
          callId,
          settlementId: ids.next(),
          kind: "settle",
          costNanoUsd: BigInt(COST_NANO_USD),
          receipt: RECEIPT,
        },
      ]);
      return took;
    },
    close: () => database.close(),
  };
}

/** One call, one statement each. */
function openPlain(url: string, max: number): OpenWay {
  const pool = new pg.Pool({ connectionString: url, max });
  return {
    async pair(budgets) {
      const callId = ids.next();
      const amounts = [HOLD_NANO_USD, HOLD_NANO_USD, HOLD_NANO_USD, 1, TTL_MS];
      const nothing = Array.from({ length: 7 }, () => null);
      const took = await timed(() =>
        pool.query(RESERVE, [TENANT, callId, budgets, [], ...amounts, ...nothing, "p", "m"]),
      );
      const head = { call_id: callId, id: ids.next(), kind: "settle", cost: String(COST_NANO_USD) };
      const counts = { input_tokens: 0, output_tokens: 0, latency_ms: 0, failed: false };
      const settlements = JSON.stringify([{ ...head, ...counts, receipt: RECEIPT }]);
      await pool.query("select wflo.settle_all($1, $2)", [TENANT, settlements]);
      return took;
    },
    close: () => pool.end(),
  };
}

function openSelect(url: string, max: number): OpenWay {
  const pool = new pg.Pool({ connectionString: url, max });
  return {
    async pair() {
      const took = await timed(() => pool.query("select 1"));
      await pool.query("select 1");
      return took;
    },
    close: () => pool.end(),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
