import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** It bundles its own server first: most of a minute where the processor is busy. */
const START_TIMEOUT_MS = 200_000;

/** Mastra's dev tool in a group of processes of its own, without a key. */
export interface DevTool {
  /** Where its database is, until `remove`. */
  readonly database: string;
  /** Asks its API, with a POST where there is a body; resolves with the JSON of the answer. */
  ask(path: string, body?: object): Promise<unknown>;
  /** Asks it to stop, and resolves with its exit code and whether a process of its group is left five seconds later. */
  stop(): Promise<{ readonly code: number | null; readonly orphans: boolean }>;
  /** Kills what is left and deletes what was written. */
  remove(): Promise<void>;
}

/** Starts it with a cap for a day, in a folder beside the one of a developer who has it open; resolves when it is ready. */
export async function startDevTool(dayCap: string): Promise<DevTool> {
  const folder = await mkdtemp(join(import.meta.dirname, ".mastra-"));
  const database = join(folder, "data");
  const port = await freePort();
  const { OPENAI_API_KEY: _, ...rest } = process.env;
  const env = {
    ...rest,
    WFLO_FOLDER: database,
    DAY_CAP: dayCap,
    PORT: String(port),
    MASTRA_TELEMETRY_DISABLED: "1",
    MASTRA_OFFLINE: "true",
    MASTRA_SKIP_DOTENV: "1",
  };
  const program = join(import.meta.dirname, "node_modules/mastra/dist/index.js");
  const child = spawn(process.execPath, [program, "dev", "--dir", "../src/mastra"], {
    cwd: folder,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const kill = () => signalGroup(child, "SIGKILL");
  process.once("exit", kill);
  const remove = async () => {
    kill();
    await ended;
    process.off("exit", kill);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const output = outputOf(child);
  await isReady(child, output).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    database,
    ask: async (path, body) => {
      const request = body && { method: "POST", body: JSON.stringify(body) };
      // On a connection of its own: the tool's server may be closing one that was kept when the next request arrives.
      const headers = { "content-type": "application/json", connection: "close" };
      try {
        return await (await fetch(`http://localhost:${port}/api/${path}`, { ...request, headers })).json();
      } catch (cause) {
        throw new Error(`The dev tool did not answer to ${path}:\n${output()}`, { cause });
      }
    },
    async stop() {
      child.kill("SIGINT");
      await ended;
      for (let waits = 0; waits < 50 && signalGroup(child, 0); waits += 1) await setTimeout(100);
      return { code: child.exitCode, orphans: signalGroup(child, 0) };
    },
    remove,
  };
}

/** Whether there was a process to take the signal. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** What it has written so far, to either side. */
function outputOf({ stdout, stderr }: ChildProcess): () => string {
  let output = "";
  for (const stream of [stdout, stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  return () => output;
}

async function isReady(child: ChildProcess, output: () => string): Promise<void> {
  const late = AbortSignal.timeout(START_TIMEOUT_MS);
  while (!output().includes("ready in")) {
    if (late.aborted || (child.exitCode ?? child.signalCode) !== null)
      throw new Error(`The dev tool did not start:\n${output()}`);
    await setTimeout(100);
  }
}

/** One that nobody listens on, below those that the system hands out to others while the tool is bundled. */
async function freePort(): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen(randomInt(20_000, 30_000)), "listening");
    return (server.address() as AddressInfo).port;
  } catch {
    return freePort();
  } finally {
    server.close();
  }
}
