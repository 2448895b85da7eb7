import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.ts";
import type { CrashResult, CrashTask } from "./crash-worker.ts";
import { atEnd } from "./run-bench.ts";

/** What a worker tells its parent. */
export type CrashMessage = { readonly ready: true } | { readonly result: CrashResult };

/** One worker and what is meant to become of it. */
export interface Member {
  readonly child: Child<CrashMessage>;
  /** Where it is to die, for the table. */
  readonly fate: string;
}

/** A folder for the logs of workers, removed at the end. */
export function logFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "wflo-bench-crash-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.on("exit", remove);
  atEnd(remove);
  return folder;
}

/** Starts workers together: all are ready before the first calls. */
export async function startCrew(
  tasks: readonly (CrashTask & { readonly fate: string })[],
): Promise<readonly Member[]> {
  const crew = tasks.map(({ fate, ...task }): Member => {
    return { child: new Child<CrashMessage>("./crash-worker.ts", task), fate };
  });
  await Promise.all(crew.map(({ child }) => child.message((message) => "ready" in message)));
  for (const { child } of crew) child.send({ go: true });
  return crew;
}

/** The results of those that lived. */
export function resultsOf(crew: readonly Member[]): readonly CrashResult[] {
  return crew.flatMap(({ child }) =>
    child.messages.flatMap((message) => ("result" in message ? [message.result] : [])),
  );
}
