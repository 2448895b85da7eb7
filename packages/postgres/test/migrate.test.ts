import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { expect, test } from "vitest";
import type { Driver } from "../src/driver.ts";
import { LATEST_MIGRATION } from "../src/migrations.ts";
import { migrate } from "../src/migrate.ts";
import { postgres } from "../src/postgres.ts";
import { asks, bills } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const empty = useDatabase({ empty: true });
const forRoles = useDatabase({ empty: true });
const newer = useDatabase();
const run = promisify(execFile);
const first = fileURLToPath(new URL("./support/first-use.ts", import.meta.url));

test("sets up an empty database once when ten processes start at once", { timeout: 120_000 }, async () => {
  const outputs = await Promise.all(
    Array.from({ length: 10 }, () => run(process.execPath, [first, empty.url])),
  );
  expect(outputs.map(({ stdout }) => stdout.trim())).toEqual(Array.from({ length: 10 }, () => "missing"));
  const rows = await empty.query("select number from wflo.migration order by number");
  expect(rows.map((row) => row["number"])).toEqual(
    Array.from({ length: LATEST_MIGRATION }, (_, index) => index + 1),
  );
});

test.each(["repeatable read", "serializable"])(
  "sets up an empty database once when several clients start at once, where the default is %s",
  async (level) => {
    const name = `wflo_level_${level.replace(" ", "_")}_${process.pid}`;
    await empty.query(`create database ${name}`);
    await empty.query(`alter database ${name} set default_transaction_isolation = '${level}'`);
    const url = new URL(empty.url);
    url.pathname = `/${name}`;
    const databases = Array.from({ length: 4 }, () => postgres({ url: url.href }));
    try {
      const outcomes = await Promise.allSettled(databases.map((database) => database.migrate()));
      expect(outcomes.map(({ status }) => status)).toEqual(databases.map(() => "fulfilled"));
    } finally {
      await Promise.all(databases.map((database) => database.close()));
      await empty.query(`drop database ${name} with (force)`);
    }
  },
);

test.each([
  ["LATIN1", /keeps texts in LATIN1.*CREATE DATABASE <name> ENCODING 'UTF8' TEMPLATE template0/],
  ["EUC_JP", /keeps texts in EUC_JP/],
])(
  "of a database whose encoding is %s it says that it lacks characters, before any call is made",
  async (encoding, sentence) => {
    const name = `wflo_encoding_${encoding.toLowerCase()}_${process.pid}`;
    await empty.query(
      `create database ${name} encoding '${encoding}' lc_collate 'C' lc_ctype 'C' template template0`,
    );
    const url = new URL(empty.url);
    url.pathname = `/${name}`;
    const database = postgres({ url: url.href });
    try {
      await expect(database.ledger.reserve(asks([], 1n))).rejects.toThrow(sentence);
    } finally {
      await database.close();
      await empty.query(`drop database ${name} with (force)`);
    }
  },
);

test("a database without an encoding keeps every text as it is", async () => {
  const name = `wflo_encoding_none_${process.pid}`;
  await empty.query(
    `create database ${name} encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0`,
  );
  const url = new URL(empty.url);
  url.pathname = `/${name}`;
  const { ledger, ...database } = postgres({ url: url.href });
  try {
    const receipt = { reason: "日本 🙂 — \u2028 \u0001", é: "ß" };
    const label = { provider: "p", model: "🙂", step: "日本", thread: "é".repeat(201) };
    const call = asks([], 1n, { label });
    await ledger.reserve(call);
    await ledger.settle("t", [bills(call.callId, 1n, { receipt })]);
    expect(await ledger.listEntries("t", { thread: label.thread, limit: 2 })).toMatchObject([
      { receipt, label },
    ]);
  } finally {
    await database.close();
    await empty.query(`drop database ${name} with (force)`);
  }
});

test("numbers its files one after the other", () => {
  const files = readdirSync(new URL("../migrations/", import.meta.url)).sort();
  expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(
    Array.from({ length: LATEST_MIGRATION }, (_, index) => index + 1),
  );
});

test("tells a role that may not create a schema what to run, and works once the owner has run it", async () => {
  await forRoles.query("create role wflo_app login password 'app'");
  const database = String((await forRoles.query("select current_database() as name"))[0]?.["name"]);
  try {
    const url = new URL(forRoles.url);
    url.username = "wflo_app";
    url.password = "app";
    const app = postgres({ url: url.href });
    await expect(app.ledger.reserve(asks(["none"], 1n))).rejects.toThrow(
      /GRANT CREATE ON DATABASE .*migrate\(\)/,
    );
    await forRoles.open().migrate();
    await expect(app.ledger.reserve(asks(["none"], 1n))).rejects.toThrow(/GRANT USAGE ON SCHEMA wflo/);
    await forRoles.query("grant usage on schema wflo to wflo_app");
    await forRoles.query("grant select, insert, update, delete on all tables in schema wflo to wflo_app");
    expect(await app.ledger.reserve(asks(["none"], 1n))).toEqual({ code: "missing", budgetId: "none" });
    await app.close();
  } finally {
    await forRoles.query("drop owned by wflo_app");
    await forRoles.query("drop role wflo_app");
    expect(database).toMatch(/^wflo_test_/);
  }
});

test("tells what to grant where functions are not everybody's, and works once that is done", async () => {
  const name = `wflo_routines_${process.pid}`;
  await empty.query(`create database ${name}`);
  const url = new URL(empty.url);
  url.pathname = `/${name}`;
  const owner = new pg.Client({ connectionString: url.href });
  await owner.connect();
  await owner.query("alter default privileges revoke execute on routines from public");
  await owner.query("alter default privileges revoke usage on types from public");
  const database = postgres({ url: url.href });
  await database.migrate();
  await owner.query("create role wflo_strict login password 'app'");
  url.username = "wflo_strict";
  url.password = "app";
  const app = postgres({ url: url.href });
  try {
    const denied: unknown = await app.ledger.reserve(asks(["none"], 1n)).catch((error: unknown) => error);
    const grants = String(denied).match(/GRANT [^;]+;/g) ?? [];
    expect(grants).toHaveLength(3);
    for (const grant of grants) await owner.query(grant.replace("<user>", "wflo_strict"));
    expect(await app.ledger.reserve(asks(["none"], 1n))).toEqual({ code: "missing", budgetId: "none" });
    await app.ledger.setBudget("t", { id: "b", caps: { total: 9n }, onExpiry: "charge", warnAt: [] });
    const calls = await Promise.all([1, 2, 3].map(() => app.ledger.reserve(asks(["b"], 1n))));
    expect(calls.map(({ code }) => code)).toEqual(["granted", "granted", "granted"]);
  } finally {
    await Promise.all([app.close(), database.close()]);
    await owner.query("drop owned by wflo_strict");
    await owner.end();
    await empty.query(`drop database ${name} with (force)`);
    await empty.query("drop role wflo_strict");
  }
});

test("refuses a database that a newer version has migrated", async () => {
  await newer.query("insert into wflo.migration (number, name) values (9999, 'from-the-future')");
  await expect(newer.open().migrate()).rejects.toThrow(/version 9999.*newer @wflo\/postgres.*Update/);
  await newer.query("delete from wflo.migration where number = 9999");
});

test("asks one question when the database is up to date", async () => {
  const asked: string[] = [];
  const driver: Driver = {
    place: "test",
    barrier: undefined,
    onConnectionLost: () => {},
    query: async ({ text }) => {
      asked.push(text);
      return [[String(LATEST_MIGRATION)]];
    },
    transaction: () => Promise.reject(new Error("a transaction was begun")),
    close: async () => {},
  };
  await migrate(driver);
  expect(asked).toHaveLength(1);
});

test("sets up again what was dropped under a running process", async () => {
  const database = newer.open();
  await database.migrate();
  await newer.query("drop schema wflo cascade");
  expect(await database.ledger.reserve(asks(["none"], 1n))).toEqual({ code: "missing", budgetId: "none" });
});
