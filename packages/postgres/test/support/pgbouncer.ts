import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./free-port.ts";

/** Debian puts it where only root's path looks. */
const COMMANDS = ["pgbouncer", "/usr/sbin/pgbouncer"];
const START_ATTEMPTS = 300;

/** Its command, or undefined where it is not installed. */
export const pgbouncer = COMMANDS.find((command) => spawnSync(command, ["--version"]).status === 0);

/** A PgBouncer in front of a database, in transaction mode, with fewer connections to the server than clients have to it. */
export async function startPgBouncer(
  command: string,
  databaseUrl: string,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = new URL(databaseUrl);
  const folder = mkdtempSync(join(tmpdir(), "wflo-pgbouncer-"));
  const port = await freePort();
  const settings = [
    "[databases]",
    `pooled = host=${server.hostname} port=${server.port} dbname=${server.pathname.slice(1)} user=${server.username} password=${server.password}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = any",
    "pool_mode = transaction",
    "default_pool_size = 3",
  ];
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(file, settings.join("\n"));
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  chmodSync(folder, 0o755);
  const child = spawn(command, [...user, "-q", file], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://any@127.0.0.1:${port}/pooled`;
  for (let attempt = 1; !(await answers(url)); attempt += 1) {
    if (attempt === START_ATTEMPTS) {
      await stop();
      throw new Error("PgBouncer does not start.");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, stop };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
