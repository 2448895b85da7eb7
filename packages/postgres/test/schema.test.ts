import { getTableColumns, is, SQL } from "drizzle-orm";
import { getTableConfig, PgDialect } from "drizzle-orm/pg-core";
import { expect, test } from "vitest";
import { budgetWindow } from "../src/schema/budget-window.ts";
import { budgetDefault } from "../src/schema/budget-default.ts";
import { budget } from "../src/schema/budget.ts";
import { entry } from "../src/schema/entry.ts";
import { hold } from "../src/schema/hold.ts";
import { checkpoint } from "../src/schema/checkpoint.ts";
import { element } from "../src/schema/element.ts";
import { item } from "../src/schema/item.ts";
import { pendingWrite } from "../src/schema/pending-write.ts";
import { run } from "../src/schema/run.ts";
import { step } from "../src/schema/step.ts";
import { thread } from "../src/schema/thread.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const tables = {
  budget,
  budget_default: budgetDefault,
  budget_window: budgetWindow,
  hold,
  entry,
  run,
  step,
  thread,
  checkpoint,
  element,
  pending_write: pendingWrite,
  item,
};

test("has a drizzle table for every table of the database", async () => {
  const rows = await database.query(
    "select table_name as name from information_schema.tables where table_schema = 'wflo' and table_name <> 'migration'",
  );
  expect(rows.map((row) => String(row["name"])).toSorted((a, b) => a.localeCompare(b))).toEqual(
    Object.keys(tables).toSorted((a, b) => a.localeCompare(b)),
  );
});

test.each(Object.entries(tables))("agrees with the migrated columns of %s", async (name, table) => {
  const migrated = await database.query(
    `select a.attname as name, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), a.atttypmod) as type, a.attnotnull as required,
       c.collname as collation, d.adbin is not null as filled
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     left join pg_collation c on c.oid = a.attcollation and c.collname <> 'default'
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [`wflo.${name}`],
  );
  const declared = Object.values(getTableColumns(table)).map((column) => {
    const type = column.getSQLType();
    return {
      name: column.name,
      type: type.replace(' COLLATE "C"', ""),
      required: column.notNull,
      collation: type.includes('COLLATE "C"') ? "C" : null,
      filled: column.hasDefault,
    };
  });
  expect(declared).toEqual(migrated);
});

test.each(Object.entries(tables))("agrees with the keys and indexes of %s", async (name, table) => {
  const rows = await database.query(
    `select i.relname as name, x.indisprimary as is_primary,
       array(select coalesce(a.attname::text, pg_get_indexdef(x.indexrelid, k.o::int, true)) from unnest(x.indkey) with ordinality k (n, o)
         left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.n order by k.o) as columns
     from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = $1::regclass`,
    [`wflo.${name}`],
  );
  const config = getTableConfig(table);
  const primary = rows.filter((row) => row["is_primary"]).map((row) => row["columns"]);
  expect(config.primaryKeys.map((key) => key.columns.map((column) => column.name))).toEqual(primary);
  const others = rows
    .filter((row) => !row["is_primary"])
    .map((row) => ({ name: row["name"], columns: row["columns"] }));
  const declared = config.indexes.map(({ config: index }) => ({
    name: index.name,
    columns: index.columns.map((column) => ("name" in column ? column.name : textOf(column))),
  }));
  const byName = (a: { name: unknown }, b: { name: unknown }): number =>
    String(a.name) < String(b.name) ? -1 : 1;
  expect(declared.sort(byName)).toEqual(others.sort(byName));
});

function textOf(expression: unknown): string {
  return is(expression, SQL) ? new PgDialect().sqlToQuery(expression).sql : String(expression);
}
