import type { CheckpointStore, StoredCheckpoint } from "../ports/checkpoint-store.ts";
import { listCheckpoints } from "./list-checkpoints.ts";
import { memoryRetention } from "./memory-retention.ts";
import type { MemoryState } from "./memory-state.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { MemoryThread } from "./memory-thread.ts";
import { putCheckpoint } from "./put-checkpoint.ts";
import { storedPage } from "./stored-page.ts";
import { walkWrites } from "./walk-writes.ts";

/** The checkpoints in memory: each method runs to its end without a pause, which makes it atomic. */
export function memoryCheckpointStore(state: MemoryState): CheckpointStore {
  let puts = 0;
  const readable = (tenantId: string, thread: string) =>
    state.tenant(tenantId).threads.get(thread)?.readable(state.now());
  return {
    async put(put) {
      puts += 1;
      return putCheckpoint(state.tenant(put.tenant), put, puts, state.now());
    },
    async get(tenantId, place): Promise<StoredCheckpoint | undefined> {
      const thread = readable(tenantId, place.thread);
      const found = thread?.lines.get(place.namespace)?.find(place);
      return found && thread?.stored(found);
    },
    async lineage(tenantId, place, limit) {
      const line = readable(tenantId, place.thread)?.lines.get(place.namespace);
      const from = line?.find(place);
      if (line === undefined || from === undefined) return [];
      return line.lineage(from, limit).map((checkpoint) => checkpoint.header());
    },
    async list(tenantId, filter) {
      return listCheckpoints(state.tenant(tenantId), filter, state.now()).map((checkpoint) =>
        checkpoint.header(),
      );
    },
    async listStored(tenantId, filter) {
      const tenant = state.tenant(tenantId);
      return storedPage(tenant, listCheckpoints(tenant, filter, state.now()));
    },
    async count(tenantId, conditions) {
      const all = { ...conditions, limit: Number.POSITIVE_INFINITY };
      return listCheckpoints(state.tenant(tenantId), all, state.now()).length;
    },
    async putWrites(put) {
      const tenant = state.tenant(put.tenant);
      if (put.writes.length === 0) return "saved";
      const thread = threadOf(tenant, put.thread);
      if (thread.revives(put.namespace, put.checkpointId)) return "deleted";
      thread.writes.put(put);
      return "saved";
    },
    async walk(tenantId, place, request) {
      return walkWrites(readable(tenantId, place.thread), place, request);
    },
    async deleteThread(tenantId, threadId) {
      const tenant = state.tenant(tenantId);
      const thread = tenant.threads.get(threadId);
      if (thread === undefined || thread.isEmpty()) return false;
      tenant.checkpointsById.removeAll(thread.clear());
      return true;
    },
    ...memoryRetention(state),
  };
}

function threadOf(tenant: MemoryTenant, id: string): MemoryThread {
  let thread = tenant.threads.get(id);
  if (thread === undefined) {
    thread = new MemoryThread();
    tenant.threads.set(id, thread);
  }
  return thread;
}
