import { execFile } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { StoreUnavailableError } from "@wflo/core";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { PgPool } from "../src/pg-pool.ts";
import { postgres, type PostgresOptions } from "../src/postgres.ts";
import { cuttingProxy } from "./support/cutting-proxy.ts";
import { startServer, type TestServer } from "./support/postgres-server.ts";
import { asks, bills } from "./support/samples.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.remove());

const SECRET = "s3cret-pass";

async function failureOf(url: string): Promise<StoreUnavailableError> {
  const database = postgres({ url });
  const failure: unknown = await database.ledger.reserve(asks([], 1n)).catch((error: unknown) => error);
  await database.close();
  expect(failure).toBeInstanceOf(StoreUnavailableError);
  expect(String(failure)).not.toContain(SECRET);
  return failure as StoreUnavailableError;
}

test("says which database it cannot reach, and why, without the password", async () => {
  const { port } = new URL(server.url);
  const at = (path: string): string => `postgres://postgres:${SECRET}@${path}`;
  expect((await failureOf(at("127.0.0.1:1/app"))).message).toMatch(
    /"app" on 127\.0\.0\.1:1 as user "postgres": connection refused/,
  );
  expect((await failureOf(at("no-such-host.invalid/app"))).message).toMatch(
    /host .*no-such-host\.invalid.*cannot be found/,
  );
  expect((await failureOf(at(`127.0.0.1:${port}/postgres`))).message).toMatch(
    /refused the log-in .*password authentication failed/,
  );
  expect((await failureOf(server.url.replace(/postgres$/, "nowhere"))).message).toMatch(
    /"nowhere" on .* does not exist\. Create it/,
  );
});

test("asks for a URL when there is none, and never repeats a broken one", () => {
  const before = process.env["DATABASE_URL"];
  delete process.env["DATABASE_URL"];
  expect(() => postgres()).toThrow(/set DATABASE_URL=.*pglite\("\.wflo"\)/);
  expect(() => postgres({ url: `postgres://u:${SECRET}/#@host:x/db` })).toThrow(
    /cannot be read.*percent-encoded/,
  );
  expect(() => postgres({ url: `mysql://u:${SECRET}@host/db` })).not.toThrow(SECRET);
  if (before !== undefined) process.env["DATABASE_URL"] = before;
});

test("a database that is named in a way that postgres() does not know is not passed over for the one of the environment", () => {
  vi.stubEnv("DATABASE_URL", "postgres://u:p@host:5432/another");
  const ask = (options: unknown) => () => postgres(options as PostgresOptions);
  expect(ask(`postgres://u:${SECRET}@host/db`)).toThrow(/by name: postgres\(\{ url: /);
  expect(ask(`postgres://u:${SECRET}@host/db`)).not.toThrow(SECRET);
  expect(ask({ connectionString: server.url })).toThrow(
    /there is no "connectionString"; there are url, pool/,
  );
  expect(ask({ url: new URL(server.url) })).toThrow(/cannot be read/);
  expect(ask({ pool: {} })).toThrow(/new pg\.Pool/);
  expect(ask({ max: "10" })).toThrow(/whole number of connections/);
  vi.unstubAllEnvs();
});

test(
  "rejects while the server is away, also in the middle of calls, and goes on when it is back",
  { timeout: 120_000 },
  async () => {
    const database = postgres({ url: server.url, max: 4 });
    await database.ledger.setBudget("t", {
      id: "b",
      caps: { total: 1_000_000n },
      onExpiry: "charge",
      warnAt: [],
    });
    let stopped = false;
    const failures: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (let after = 0; after < 3;) {
        const call = asks(["b"], 2n);
        try {
          await database.ledger.reserve(call);
          await database.ledger.settle("t", [bills(call.callId, 1n)]);
        } catch (error) {
          failures.push(error);
          after += stopped ? 1 : 0;
        }
      }
    };
    const workers = Array.from({ length: 8 }, () => worker());
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopping = server.stop();
    stopped = true;
    await Promise.all([stopping, ...workers]);
    expect(failures.length).toBeGreaterThanOrEqual(24);
    expect(failures.filter((failure) => !(failure instanceof StoreUnavailableError))).toEqual([]);
    await server.start();
    expect((await database.ledger.reserve(asks(["b"], 1n))).code).toBe("granted");
    expect(await database.ledger.reconcile("t")).toEqual([]);
    await database.close();
  },
);

test("tries to set up again after a first use that failed", { timeout: 120_000 }, async () => {
  await server.stop();
  const database = postgres({ url: server.url });
  await expect(database.ledger.expire(1)).rejects.toThrow(StoreUnavailableError);
  await server.start();
  expect(await database.ledger.expire(1)).toBe(0);
  await database.close();
});

test("survives the loss of idle connections", async () => {
  const database = postgres({ url: server.url });
  await Promise.all(Array.from({ length: 5 }, () => database.ledger.expire(1)));
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'wflo'");
  await admin.end();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await database.ledger.expire(1)).toBe(0);
  await database.close();
});

test("a connection that has gone silent holds up nobody for ever, also in a pool of the user's", async () => {
  const proxy = await cuttingProxy(server.url);
  const pool = new pg.Pool({ connectionString: proxy.url });
  const bare: PgPool = pool;
  const timeouts = new Set<unknown>();
  const impatient: PgPool = {
    options: pool.options,
    query(query) {
      timeouts.add(query.query_timeout);
      return bare.query({ ...query, query_timeout: 5_000 });
    },
    connect: () => pool.connect(),
    on: (event, listener) => pool.on(event, listener),
    removeListener: (event, listener) => pool.removeListener(event, listener),
    end: () => pool.end(),
  };
  const database = postgres({ pool: impatient });
  expect(await database.ledger.reserve(asks([], 1n))).toMatchObject({ code: "granted" });
  // What finds nothing under way goes alone.
  await new Promise((resolve) => setTimeout(resolve, 20));
  proxy.silence();
  const [silent, next] = await Promise.allSettled(
    [asks([], 1n), asks([], 1n)].map((call) => database.ledger.reserve(call)),
  );
  expect(silent).toMatchObject({ status: "rejected", reason: { code: "WFLO_STORE_UNAVAILABLE" } });
  expect(next).toMatchObject({ status: "fulfilled", value: { code: "granted" } });
  expect(timeouts).toEqual(new Set([60_000]));
  await database.close();
  await pool.end();
  proxy.close();
});

test.each([
  ["keeps the time-out of a pool that has one", 5_000, 5_000],
  ["gives a pool without one a minute", undefined, 60_000],
])("%s", async (_, own, wanted) => {
  const timeouts: unknown[] = [];
  const pool: PgPool = {
    options: { query_timeout: own },
    query: async (query) => (timeouts.push(query.query_timeout), { rows: [["99"]] }),
    connect: () => Promise.reject(new Error("no connection is needed")),
    on: () => {},
    removeListener: () => {},
    end: async () => {},
  };
  await expect(postgres({ pool }).migrate()).rejects.toThrow("version 99");
  expect(timeouts).toEqual([wanted]);
});

test("rejects a reserve that the server cancels, and has taken nothing", async () => {
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  const pool = new pg.Pool({ connectionString: server.url, statement_timeout: 5_000 });
  const database = postgres({ pool });
  await database.ledger.setBudget("t", { id: "slow", caps: { total: 10n }, onExpiry: "charge", warnAt: [] });
  await database.ledger.reserve(asks(["slow"], 1n));
  await admin.query("begin");
  await admin.query("select 1 from wflo.budget_window where id = 'slow' for update");
  await expect(database.ledger.reserve(asks(["slow"], 1n))).rejects.toThrow(
    /took too long .* Nothing was changed/,
  );
  await admin.query("rollback");
  expect((await database.ledger.getBudgets("t", ["slow"]))[0]?.windows[0]?.reservedNanoUsd).toBe(1n);
  await database.close();
  expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await admin.end();
});

test("refuses work after close, finishes what was begun, and can be closed twice", async () => {
  const database = postgres({ url: server.url, max: 2 });
  const begun = Array.from({ length: 10 }, () => database.ledger.expire(1));
  await Promise.all([database.close(), database.close()]);
  expect(await Promise.all(begun)).toHaveLength(10);
  await expect(database.ledger.expire(1)).rejects.toThrow(/was closed by close\(\)/);
});

test.each(["idle", "closed"])("lets a script end whose database is %s", { timeout: 120_000 }, async (how) => {
  const script = fileURLToPath(new URL("./support/script-that-ends.ts", import.meta.url));
  const running = promisify(execFile)(process.execPath, [script, server.url, how]);
  const done = once(running.child.stdout as Readable, "data").then(() => performance.now());
  expect((await running).stdout).toBe("done");
  // Well before pg's own idle timeout of 10 s.
  expect(performance.now() - (await done)).toBeLessThan(8_000);
});
