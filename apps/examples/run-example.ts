import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** How an example ended. */
export interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** The examples of one folder, each run in a process of its own, without a key; what they keep is theirs and is deleted after the file. */
export interface Examples {
  /** Where an example is, and with what environment it is run. */
  readonly fileOf: (name: string) => string;
  readonly environment: (folder: string) => NodeJS.ProcessEnv;
  readonly run: (name: string, ...args: readonly string[]) => Promise<Ended>;
}

export function examplesOf(group: string): Examples {
  const state = mkdtempSync(join(tmpdir(), `wflo-${group}-examples-`));
  afterAll(() => rmSync(state, { recursive: true, force: true }));
  const fileOf = (name: string) => join(import.meta.dirname, group, `${name}.ts`);
  const environment = (folder: string) => {
    const { OPENAI_API_KEY: _, ...env } = process.env;
    return { ...env, WFLO_FOLDER: join(state, folder), PORT: "0" };
  };
  const run = (name: string, ...args: readonly string[]) =>
    new Promise<Ended>((resolve) => {
      execFile(
        process.execPath,
        [fileOf(name), ...args],
        { env: environment("runs") },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  return { fileOf, environment, run };
}
