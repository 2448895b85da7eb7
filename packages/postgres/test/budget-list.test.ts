import { beforeAll, expect, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();

beforeAll(async () => {
  await files.query(
    `insert into wflo.budget (tenant, id, cap_day, cap_month) select t.tenant, t.prefix || lpad(n::text, 4, '0'), 1, 2
     from (values ('a', 'user/'), ('a', 'team/'), ('a', 'zone/'), ('b', 'user/')) t (tenant, prefix), generate_series(1, 1000) n order by random()`,
  );
  await files.query(
    `insert into wflo.budget_window (tenant, id, kind, start, cap)
     select b.tenant, b.id, k.kind, k.start - n * interval '1 month', k.cap
     from wflo.budget b, generate_series(0, 5) n, lateral wflo.open_windows(b, wflo.now()) k order by random()`,
  );
  await files.query("analyze wflo.budget");
  await files.query("analyze wflo.budget_window");
});

/** The plan of the function's statement, with its settings and with these values. */
async function planOf(values: readonly unknown[]): Promise<string> {
  const [found] = await files.query(
    "select prosrc, proargnames as names, proconfig as settings from pg_proc where oid = 'wflo.list_budgets'::regproc",
  );
  const names = (found?.["names"] ?? []) as readonly string[];
  const settings = (found?.["settings"] ?? []) as readonly string[];
  const types = ["text", "text", "text", "text", "text", "int8"];
  const text = String(found?.["prosrc"]).replaceAll(/\bp_\w+/g, (name) => {
    const place = names.indexOf(name);
    return `$${place + 1}::${types[place]}`;
  });
  await files.query("begin");
  for (const setting of settings) await files.query(`set local ${setting}`);
  const rows = await files.query(`explain (analyze, costs off, timing off, summary off) ${text}`, [
    ...values,
  ]);
  await files.query("rollback");
  return rows.map((row) => String(row["QUERY PLAN"])).join("\n");
}

test("reads a page by the key of its budgets, and no row more", async () => {
  const plan = await planOf(["a", "user/", "a", "user0", "user/0500", 100]);
  expect(plan).toMatch(/Index Scan using budget_pkey on budget \S+ \(actual rows=100(\.00)? loops=1\)/);
  expect(plan).toMatch(
    /Index Cond: .*ROW\(tenant, id\) < ROW\('a'::text.*'user0'::text.*id >= .*'user\/0500'::text/,
  );
  expect(plan).not.toContain("Seq Scan");
});

test("stops where its prefix ends", async () => {
  const plan = await planOf(["a", "user/", "a", "user0", null, 10_000]);
  expect(plan).toMatch(/Index Scan using budget_pkey on budget \S+ \(actual rows=1000(\.00)? loops=1\)/);
  expect(plan).not.toMatch(/budget_pkey on budget [^>]*Rows Removed by Filter/);
});

test("reads the open windows of the page alone, each kind at a stretch of their key", async () => {
  const plan = await planOf(["a", "user/", "a", "user0", "user/0500", 100]);
  const scans = plan.split("\n").filter((line) => line.includes("on budget_window "));
  for (const scan of scans) expect(scan).toMatch(/Index Scan using budget_window_pkey/);
  expect(scans.filter((scan) => /\(actual rows=100(\.00)? loops=1\)/.test(scan))).toHaveLength(2);
  expect(scans.filter((scan) => /\(actual rows=0(\.00)? loops=1\)/.test(scan))).toHaveLength(1);
  expect(
    plan.match(/Index Cond: .*kind\)?(?:::text)? = \S+\) AND \(start = \S+\) AND \(id >= .* AND \(id <= /g),
  ).toHaveLength(3);
});

test("merges the windows with the page, also while nobody knows how many there are", async () => {
  await files.query("begin");
  await files.query(
    "delete from pg_statistic where starelid in ('wflo.budget'::regclass, 'wflo.budget_window'::regclass)",
  );
  const plan = await planOf(["a", "user/", "a", "user0", null, 10_000]);
  expect(plan.match(/Merge (Left|Right) Join/g)).toHaveLength(3);
});

test.each(["", "user/", "team", "zone/", "nobody", "\u{10ffff}"])(
  "lists all of prefix %j over its pages, and no other tenant's",
  async (prefix) => {
    const { ledger } = files.open();
    const ids: string[] = [];
    for (let after: string | undefined; ; after = ids.at(-1)) {
      const page = await ledger.listBudgets("a", { prefix, after, limit: 300 });
      ids.push(...page.map(({ id }) => id));
      if (page.length < 300) break;
    }
    const rows = await files.query(
      `select id from wflo.budget where tenant = 'a' and starts_with(id, $1) order by id`,
      [prefix],
    );
    expect(ids).toEqual(rows.map((row) => row["id"]));
  },
);
