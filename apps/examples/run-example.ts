import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { fillFolder } from "./used-folder.ts";

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
  readonly environment: NodeJS.ProcessEnv;
  readonly run: (name: string, ...args: readonly string[]) => Promise<Ended>;
}

/** `isNew` is for a folder that nothing is in, as a newcomer has it. */
export function examplesOf(group: string, { isNew = false } = {}): Examples {
  const state = mkdtempSync(join(tmpdir(), `wflo-${group}-examples-`));
  beforeAll(() => (isNew ? undefined : fillFolder(state)), 300_000);
  afterAll(() => rmSync(state, { recursive: true, force: true }));
  const fileOf = (name: string) => join(import.meta.dirname, group, `${name}.ts`);
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const environment = { ...env, WFLO_FOLDER: state, PORT: "0" };
  const run = (name: string, ...args: readonly string[]) =>
    new Promise<Ended>((resolve) => {
      execFile(process.execPath, [fileOf(name), ...args], { env: environment }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  return { fileOf, environment, run };
}
