import type { Database } from "@wflo/core";
import pg from "pg";
import type { Acknowledged } from "./crash-log.ts";

/** What the database has of acknowledged calls, and of the holds that dead processes left. */
export interface Found {
  /** Reserves that are neither a hold nor an entry. */
  readonly lostReserves: number;
  /** Settles whose entry is missing or has another amount, their hold gone too. */
  readonly lostSettles: number;
  /** Settles that a crash of the server undid: their hold is open again, the safe side. */
  readonly undoneSettles: number;
}

/** Compares the logs of the workers with the tables. */
export async function findAcknowledged(client: pg.Client, told: Acknowledged): Promise<Found> {
  const holds = await client.query<{ call_id: string }>("select call_id from wflo.hold");
  const entries = await client.query<{ call_id: string; total: string }>(
    "select call_id, sum(charged)::text as total from wflo.entry group by call_id",
  );
  const open = new Set(holds.rows.map((row) => row.call_id));
  const charged = new Map(entries.rows.map((row) => [row.call_id, BigInt(row.total)]));
  const settled = [...told.settled];
  return {
    lostReserves: [...told.reserved].filter((id) => !open.has(id) && !charged.has(id)).length,
    lostSettles: settled.filter(([id, amount]) => charged.get(id) !== amount && !open.has(id)).length,
    undoneSettles: settled.filter(([id]) => open.has(id)).length,
  };
}

/** The end of the holds that were left open. */
export interface Expired {
  readonly left: number;
  readonly closed: number;
  /** Entries of this budget that an expiry wrote, charged in full and in doubt. */
  readonly chargedInDoubt: number;
}

/** Makes every open hold old, as if 90 seconds had passed, and lets the ledger close them. */
export async function expireHolds(client: pg.Client, database: Database, budget: string): Promise<Expired> {
  const aged = await client.query("update wflo.hold set expires_at = now() - interval '1 minute'");
  let closed = 0;
  for (let count = -1; count !== 0; closed += count) count = await database.ledger.expire(1_000);
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from wflo.entry e where e.kind = 'expire' and e.charged = e.held and $1 = any (e.budget_ids)
       and not exists (select from wflo.entry o where o.call_id = e.call_id and o.id <> e.id)`,
    [budget],
  );
  return { left: aged.rowCount ?? 0, closed, chargedInDoubt: Number(rows[0]?.count) };
}
