import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

/** How a run of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it left in the folder for temporary files. */
  readonly files: readonly string[];
}

/** Runs `wflo` as a process of its own, with no database in its environment. `during` is told of its process. */
export async function runWflo(
  args: readonly string[],
  during: (pid: number, kill: (signal: NodeJS.Signals) => void) => Promise<void> = async () => {},
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "wflo-test-verify-"));
  const { DATABASE_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--no-warnings", BIN, ...args], {
    env: { ...env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.on("data", (text) => stdout.push(String(text)));
  child.stderr.on("data", (text) => stderr.push(String(text)));
  const ended = new Promise<number | null>((resolve) => void child.once("close", resolve));
  try {
    await during(child.pid ?? 0, (signal) => void child.kill(signal));
    const code = await ended;
    return { code, stdout: stdout.join(""), stderr: stderr.join(""), files: readdirSync(folder) };
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
