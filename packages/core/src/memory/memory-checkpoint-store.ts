import type { CheckpointFilter, CheckpointHeader, CheckpointStore } from "../ports/checkpoint-store.ts";
import type { MemoryCheckpoint } from "./memory-checkpoint.ts";
import type { MemoryState } from "./memory-state.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { putCheckpoint } from "./put-checkpoint.ts";
import type { SortedById } from "./sorted-by-id.ts";

/** The checkpoints in memory: each method runs to its end without a pause, which makes it atomic. */
export function memoryCheckpointStore(state: MemoryState): CheckpointStore {
  let puts = 0;
  return {
    async put(put) {
      puts += 1;
      return putCheckpoint(state.tenant(put.tenant), put, puts, state.now());
    },
    async get(tenantId, place) {
      const thread = state.tenant(tenantId).threads.get(place.thread);
      const row = thread?.lines.get(place.namespace)?.find(place)?.row();
      if (thread === undefined || row === undefined) return undefined;
      return { row, elements: thread.read(row.pieces), thread: thread.state() };
    },
    async lineage(tenantId, place, limit) {
      const line = state.tenant(tenantId).threads.get(place.thread)?.lines.get(place.namespace);
      const from = line?.find(place);
      if (line === undefined || from === undefined) return [];
      return line.lineage(from, limit).map((checkpoint) => checkpoint.header());
    },
    async list(tenantId, filter) {
      return listCheckpoints(state.tenant(tenantId), filter);
    },
    async deleteThread(tenantId, threadId) {
      const tenant = state.tenant(tenantId);
      const thread = tenant.threads.get(threadId);
      if (thread === undefined || thread.lines.size === 0) return false;
      tenant.checkpointsById.removeAll(thread.clear());
      return true;
    },
  };
}

function listCheckpoints(tenant: MemoryTenant, filter: CheckpointFilter): readonly CheckpointHeader[] {
  const { namespace, name, before, limit } = filter;
  const page = narrowest(tenant, filter)?.before(before, limit, (checkpoint) => {
    if (namespace !== undefined && checkpoint.namespace !== namespace) return false;
    return name === undefined || checkpoint.name === name;
  });
  return page?.map((checkpoint) => checkpoint.header()) ?? [];
}

/** The least index that has all of a list. Without a thread, one namespace is sought among all. */
function narrowest(tenant: MemoryTenant, filter: CheckpointFilter): SortedById<MemoryCheckpoint> | undefined {
  if (filter.thread === undefined) return tenant.checkpointsById;
  const thread = tenant.threads.get(filter.thread);
  return filter.namespace === undefined ? thread?.sorted : thread?.lines.get(filter.namespace)?.sorted;
}
