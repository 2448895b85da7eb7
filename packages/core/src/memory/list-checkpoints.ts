import type { CheckpointFilter } from "../ports/checkpoint-store.ts";
import { byteOrder } from "./byte-order.ts";
import { textContainsJson } from "./contains-json.ts";
import type { MemoryCheckpoint } from "./memory-checkpoint.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import type { SortedById } from "./sorted-by-id.ts";

/** The checkpoints of a page. */
export function listCheckpoints(
  tenant: MemoryTenant,
  filter: CheckpointFilter,
  nowMs: number,
): readonly MemoryCheckpoint[] {
  const { namespace, name, id, before, from, contains, skip = 0, limit } = filter;
  const part: unknown = contains === undefined ? undefined : JSON.parse(contains);
  const page = narrowest(tenant, filter)?.before(before, skip + limit, (checkpoint) => {
    if (tenant.threads.get(checkpoint.thread)?.lifetime.isOver(nowMs) === true) return false;
    if (namespace !== undefined && checkpoint.namespace !== namespace) return false;
    if (id !== undefined && checkpoint.id !== id) return false;
    if (from !== undefined && byteOrder(checkpoint.id, from) < 0) return false;
    if (contains !== undefined && !textContainsJson(checkpoint.metadata, part)) return false;
    return name === undefined || checkpoint.name === name;
  });
  return page?.slice(skip) ?? [];
}

/** The least index that has all of a list. Without a thread, one namespace is sought among all. */
function narrowest(tenant: MemoryTenant, filter: CheckpointFilter): SortedById<MemoryCheckpoint> | undefined {
  if (filter.thread === undefined) return tenant.checkpointsById;
  const thread = tenant.threads.get(filter.thread);
  return filter.namespace === undefined ? thread?.sorted : thread?.lines.get(filter.namespace)?.sorted;
}
