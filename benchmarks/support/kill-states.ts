import { isDeepStrictEqual } from "node:util";
import type { Wflo } from "@wflo/core";
import { STATES_BETWEEN_STEPS, STATES_OF_AGENTS } from "./kill-workflow.ts";

/** What a completed run leaves for others to read. */
export interface RunRemains {
  readonly result: unknown;
  /** Names and states of the checkpoints between steps, oldest first. */
  readonly line: readonly (readonly [string, unknown])[];
  /** The latest state of each name. */
  readonly latest: ReadonlyMap<string, unknown>;
  readonly steps: ReadonlySet<string>;
}

/** Reads it, by a client of its own. */
export async function readRemains(wflo: Wflo, runId: string): Promise<RunRemains> {
  const details = await wflo.runs.get(runId);
  const listed = await wflo.checkpoints.list(runId, { limit: 1_000 });
  const between = listed.filter(({ step }) => step === undefined).toReversed();
  const line = await Promise.all(
    between.map(async ({ id, name }) => [name, (await wflo.checkpoints.load(runId, { id }))?.state] as const),
  );
  const names = [...STATES_BETWEEN_STEPS, ...STATES_OF_AGENTS];
  const latest = await Promise.all(
    names.map(async (name) => [name, (await wflo.checkpoints.load(runId, name))?.state] as const),
  );
  return {
    result: details?.result,
    line,
    latest: new Map(latest),
    steps: new Set(details?.steps.map(({ path }) => path)),
  };
}

/** What of one run is not as in the other. */
export function differences(run: RunRemains, like: RunRemains): readonly (keyof RunRemains)[] {
  const parts = ["result", "line", "latest", "steps"] as const;
  return parts.filter((part) => !isDeepStrictEqual(run[part], like[part]));
}
