import type pg from "pg";

/** How many budgets of each prefix there are. */
export const EACH = 10_000;

/**
 * Fills an empty database: `user/…` and `team/…` of the tenant `default`, `user/…` of another. All have a month, half a day too, a quarter follow the
 * calendar of Paris; each has closed windows behind the open ones. In random order, as users come.
 */
export async function fillBudgets(client: pg.Client): Promise<void> {
  await client.query(
    `insert into wflo.budget (tenant, id, cap_day, cap_month, zone, warn_at)
     select t.tenant, t.prefix || lpad(n::text, 6, '0'), case when n % 2 = 0 then 1000000000 + n end, 5000000000,
       case when n % 4 = 0 then 'Europe/Paris' else 'UTC' end, '{0.8}'
     from (values ('default', 'user/'), ('default', 'team/'), ('other', 'user/')) t (tenant, prefix), generate_series(1, $1::int) n
     order by random()`,
    [EACH],
  );
  for (const ago of ["0 days", "40 days", "80 days"]) {
    await client.query(
      `insert into wflo.budget_window (tenant, id, kind, start, cap, spent, reserved)
       select b.tenant, b.id, k.kind, k.start, k.cap, (random() * 900000000)::int8,
         case when $1 = '0 days' and random() < 0.1 then 25000000 else 0 end
       from wflo.budget b cross join lateral wflo.open_windows(b, wflo.now() - $1::interval) k
       order by random() on conflict do nothing`,
      [ago],
    );
  }
  await client.query("analyze wflo.budget");
  await client.query("analyze wflo.budget_window");
}

/** What the open windows of `user/…` add up to, by SQL that shares nothing with wflo's lists: nano-dollars. */
export async function sumsOf(
  client: pg.Client,
): Promise<{ readonly spent: bigint; readonly reserved: bigint }> {
  const { rows } = await client.query<{ spent: string; reserved: string }>(
    `select sum(w.spent) as spent, sum(w.reserved) as reserved
     from wflo.budget b join wflo.budget_window w on w.tenant = b.tenant and w.id = b.id
     where b.tenant = 'default' and b.id like 'user/%'
       and w.start = date_trunc(w.kind, clock_timestamp() at time zone b.zone) at time zone b.zone`,
  );
  return { spent: BigInt(rows[0]?.spent ?? 0), reserved: BigInt(rows[0]?.reserved ?? 0) };
}
