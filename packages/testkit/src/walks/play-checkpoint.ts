import type { CheckpointPut, CheckpointStore, PutVerdict } from "@wflo/core";
import type { DatabaseHarness } from "../suites/database-case.ts";
import { checkpointScene } from "./checkpoint-planner.ts";
import type { WalkMove } from "./walk-move.ts";

/** No thread has had this one: a put that names it is refused, and says which it is now. */
const NEVER = -1;

/** Puts a checkpoint in the epoch that the move means, whatever number it has here; returns what two sound stores must agree on. */
export async function playPut(
  { checkpoints }: { readonly checkpoints: CheckpointStore },
  tenant: string,
  { checkpoint: planned, elements, deletesAgo, fence, follows }: Extract<WalkMove, { readonly does: "put" }>,
): Promise<unknown> {
  const { thread, namespace } = planned;
  const [greatest] = await checkpoints.list(tenant, { thread, namespace, limit: 1 });
  const checkpoint = follows === "greatest" ? { ...planned, parentId: greatest?.id } : planned;
  const mustFollow = follows !== undefined;
  const put: CheckpointPut = { tenant, checkpoint, elements, threadEpoch: undefined, mustFollow, fence };
  if (deletesAgo === undefined) return putFacts(await checkpoints.put(put));
  const now = await checkpoints.put({ ...put, threadEpoch: NEVER });
  if (!("thread" in now) || now.code === "replay") return putFacts(now);
  return [now.code, putFacts(await checkpoints.put({ ...put, threadEpoch: now.thread.epoch - deletesAgo }))];
}

/** Everything that a tenant saved, and what every place leads to. */
export async function checkpointFacts({ database }: DatabaseHarness, tenant: string): Promise<unknown> {
  const { checkpoints } = database;
  const lines: unknown[] = [];
  for (const thread of checkpointScene.threads) {
    for (const namespace of checkpointScene.namespaces) {
      const line = { thread, namespace };
      for (const place of [line, { ...line, name: checkpointScene.name }]) {
        const stored = await checkpoints.get(tenant, place);
        const elements = stored?.elements.map(({ log, position, text }) => `${log}/${position} ${text}`);
        const lineage = await checkpoints.lineage(tenant, place, 20);
        lines.push([stored?.row, elements?.toSorted(), lineage, stored?.thread.nextLog]);
      }
      lines.push(await checkpoints.list(tenant, { ...line, limit: 1_000 }));
    }
  }
  return withoutTimes(lines);
}

function putFacts(verdict: PutVerdict): unknown {
  return "thread" in verdict ? [verdict.code, verdict.thread.nextLog] : [verdict.code];
}

/** Clocks of stores may run on from where they are set. */
function withoutTimes(facts: unknown): unknown {
  return JSON.parse(JSON.stringify(facts, (key, value: unknown) => (key === "savedAt" ? undefined : value)));
}
