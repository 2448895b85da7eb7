import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A chat server in a process of its own, without a key. */
export interface ServerProcess {
  readonly url: string;
  /** Ends it: asks it to by default, and gives it no time with SIGKILL. Resolves with its exit code, null for one that was killed. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts one on a folder; resolves when it listens. */
export async function startServer(folder: string, monthlyCap: string): Promise<ServerProcess> {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, "chat-server.ts")], {
    env: { ...env, WFLO_FOLDER: folder, MONTHLY_CAP: monthlyCap, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await urlOf(child);
  return {
    url,
    async end(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout !== null) {
    for await (const line of createInterface(stdout)) {
      const url = /http:\/\/\S+\//.exec(line)?.[0];
      if (url !== undefined) return url;
    }
  }
  throw new Error("The server did not start.");
}
