import type { CheckpointPut, PutVerdict, ThreadState } from "../ports/checkpoint-store.ts";
import { MemoryCheckpoint } from "./memory-checkpoint.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { MemoryThread } from "./memory-thread.ts";

/** One put: the fence first, then identity, whether the older elements are there and the line stands, places last. See `CheckpointPut`. */
export function putCheckpoint(
  tenant: MemoryTenant,
  put: CheckpointPut,
  sequence: number,
  nowMs: number,
): PutVerdict {
  const { checkpoint, elements, threadEpoch, mustFollow = false, fence } = put;
  const { namespace, parentId } = checkpoint;
  if (fence !== undefined) {
    const run = tenant.runs.get(fence.runId);
    if (run !== undefined && fence.epoch < run.epoch) return { code: "superseded" };
  }
  const known = tenant.threads.get(checkpoint.thread);
  const thread = known ?? new MemoryThread();
  const line = known?.lines.get(namespace);
  const saved = line?.get(checkpoint.id);
  const isReplay =
    saved !== undefined && (put.replaces !== true || (saved.says(checkpoint) && thread.has(elements)));
  if (isReplay) return verdictOf("replay", saved, thread.state());
  const isDeleted =
    put.mustNotRevive === true && parentId !== undefined && thread.revives(namespace, parentId);
  if (isDeleted) {
    if (saved === undefined) thread.refuse(namespace, checkpoint.id);
    return { code: "deleted" };
  }
  const isStale = threadEpoch !== undefined && (known === undefined || threadEpoch !== thread.state().epoch);
  if (isStale) return { code: "stale", thread: thread.state() };
  const hasMoved = mustFollow && parentId !== line?.greatest()?.id;
  if (hasMoved) return { code: "moved", thread: thread.state() };
  if (thread.collides(elements)) return { code: "collision", thread: thread.state() };
  thread.write(elements);
  if (saved !== undefined) {
    thread.remove(saved);
    tenant.checkpointsById.remove(saved);
  }
  const written = new MemoryCheckpoint(checkpoint, sequence, nowMs);
  thread.add(written);
  thread.lifetime.renew(nowMs);
  tenant.threads.set(checkpoint.thread, thread);
  tenant.checkpointsById.add(written);
  return verdictOf("saved", written, thread.state());
}

function verdictOf(
  code: "saved" | "replay",
  { savedAtMs }: MemoryCheckpoint,
  thread: ThreadState,
): PutVerdict {
  return { code, savedAt: new Date(savedAtMs), thread };
}
