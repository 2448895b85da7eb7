import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Books } from "./books.ts";

const GONE_WITHIN_MS = 10_000;

/** One statement sees one moment. */
const WINDOWS = `
  select w.id, w.kind || ' ' || w.start as "window", w.cap, w.spent, w.reserved, coalesce(x.overruns, 0) as overruns,
    coalesce(x.corrections, 0) as corrections
  from wflo.budget_window w
  left join (
    select u.id, u.kind, u.start, sum(greatest(e.overrun, 0)) as overruns,
      sum(greatest(e.charged - greatest(e.overrun, 0), 0)) filter (where e.kind = 'correction') as corrections
    from wflo.entry e, unnest(e.window_budget_ids, e.window_kinds, e.window_starts) u (id, kind, start)
    where e.tenant = $1 and (e.overrun > 0 or e.kind = 'correction')
    group by u.id, u.kind, u.start
  ) x on x.id = w.id and x.kind = w.kind and x.start = w.start
  where w.tenant = $1`;
const ENTRIES =
  "select call_id, kind, held, charged, total, overrun from wflo.entry where tenant = $1 order by id";
const HOLDS = "select call_id from wflo.hold where tenant = $1";
/** In the order in which wflo locks, and never waiting: this must not be what makes a circle. */
const AGE_HOLDS = `
  update wflo.hold set expires_at = now() - interval '1 minute' where tenant = $1 and call_id in (
    select call_id from wflo.hold where tenant = $1 and random() < $2::float8 order by call_id for update skip locked)`;
const CLOSED_CALL = `
  select call_id from wflo.entry where tenant = $1 and kind = 'settle' order by id desc limit 1 offset 20`;
const SET_ZONE = "update wflo.budget set zone = $3 where tenant = $1 and id = $2";
const DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()";
const WORKERS = "select count(*) as n from pg_stat_activity where application_name = $1";
const END_WORKERS = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1";

type Row = Readonly<Record<string, string | null>>;

/** Books on PostgreSQL, read and written by plain SQL. The pool is closed with them. */
export function postgresBooks(options: {
  readonly pool: pg.Pool;
  readonly tenant: string;
  readonly applicationName: string;
}): Books {
  const { pool, tenant, applicationName } = options;
  const query = async (sql: string, params: readonly string[]): Promise<readonly Row[]> =>
    (await pool.query<Row>(sql, [...params])).rows;
  return {
    async windows() {
      return (await query(WINDOWS, [tenant])).map((row) => ({
        budgetId: String(row["id"]),
        window: String(row["window"]),
        ...amountsOf(row, ["cap", "spent", "reserved", "overruns", "corrections"]),
      }));
    },
    async entries() {
      return (await query(ENTRIES, [tenant])).map((row) => ({
        callId: String(row["call_id"]),
        kind: String(row["kind"]),
        ...amountsOf(row, ["held", "charged", "total", "overrun"]),
      }));
    },
    holds: async () => (await query(HOLDS, [tenant])).map((row) => String(row["call_id"])),
    ageHolds: async (share) => void (await query(AGE_HOLDS, [tenant, String(share)])),
    anyClosedCall: async () => (await query(CLOSED_CALL, [tenant]))[0]?.["call_id"] ?? undefined,
    setZone: (budgetId, zone) =>
      query(SET_ZONE, [tenant, budgetId, zone]).then(
        () => true,
        () => false,
      ),
    deadlocks: () =>
      query(DEADLOCKS, []).then(
        ([row]) => Number(row?.["deadlocks"]),
        () => undefined,
      ),
    async workersGone() {
      const until = performance.now() + GONE_WITHIN_MS;
      while (performance.now() < until) {
        if ((await query(WORKERS, [applicationName]))[0]?.["n"] === "0") return;
        await sleep(20);
      }
      await query(END_WORKERS, [applicationName]);
    },
    close: () => pool.end(),
  };
}

function amountsOf<Name extends string>(row: Row, names: readonly Name[]): Record<Name, bigint> {
  const amounts = names.map((name) => [name, BigInt(row[name] ?? 0)] as const);
  return Object.fromEntries(amounts) as Record<Name, bigint>;
}
