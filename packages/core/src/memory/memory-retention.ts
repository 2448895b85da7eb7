import type { ThreadRetention } from "../ports/thread-retention.ts";
import { byteOrder } from "./byte-order.ts";
import { textContainsJson } from "./contains-json.ts";
import type { MemoryState } from "./memory-state.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import { MemoryThread } from "./memory-thread.ts";

/** What becomes of threads in memory: each method runs to its end without a pause, which makes it atomic. */
export function memoryRetention(state: MemoryState): ThreadRetention {
  return {
    async threads(tenantId, { startsWith, after, containsAny, limit }) {
      const { threads } = state.tenant(tenantId);
      const isWanted = (name: string) =>
        name.startsWith(startsWith) && (after === undefined || byteOrder(name, after) > 0);
      const names = [...threads.keys()].filter(isWanted).toSorted(byteOrder);
      const page = names.slice(0, limit);
      const parts = containsAny?.map((part): unknown => JSON.parse(part));
      const found = page.flatMap((name) => {
        const rows = threads.get(name)?.readable(state.now())?.sorted.rows ?? [];
        const isSought = ({ metadata }: { readonly metadata: string }) =>
          parts?.some((part) => textContainsJson(metadata, part)) ?? true;
        if (!rows.some(isSought)) return [];
        const times = rows.map(({ savedAtMs }) => savedAtMs);
        const bounds = { oldest: new Date(Math.min(...times)), newest: new Date(Math.max(...times)) };
        return [{ thread: name, checkpoints: rows.length, ...bounds }];
      });
      return { threads: found, after: page.length < limit ? undefined : page.at(-1) };
    },
    async outline(tenantId, thread) {
      return state.tenant(tenantId).threads.get(thread)?.readable(state.now())?.outline();
    },
    async deleteCheckpoints(tenantId, { thread: name, outline, places }) {
      const tenant = state.tenant(tenantId);
      const thread = tenant.threads.get(name);
      if (thread === undefined || thread.hasMoved(outline, places)) return { code: "moved" };
      const { removed, ...counts } = thread.thin(places);
      tenant.checkpointsById.removeAll(removed);
      return { code: "deleted", checkpoints: removed.size, ...counts };
    },
    async copyThread(tenantId, { from, to, replaces }) {
      const tenant = state.tenant(tenantId);
      for (const name of [from, to]) expire(tenant, name, state.now());
      const source = tenant.threads.get(from);
      if (source === undefined || source.sorted.rows.length === 0) return { code: "missing" };
      const target = tenant.threads.get(to) ?? new MemoryThread();
      if (!replaces && target.sorted.rows.length > 0) return { code: "taken" };
      tenant.checkpointsById.removeAll(target.clear());
      const copied = target.take(source, to, state.now());
      for (const checkpoint of copied) tenant.checkpointsById.add(checkpoint);
      tenant.threads.set(to, target);
      return { code: "copied", checkpoints: copied.length };
    },
    async setTtl(tenantId, name, ttl) {
      const tenant = state.tenant(tenantId);
      expire(tenant, name, state.now());
      const thread = tenant.threads.get(name) ?? new MemoryThread();
      tenant.threads.set(name, thread);
      thread.lifetime.set(ttl, thread.sorted.rows, state.now());
    },
    async deleteExpired(tenantId, { thread, limit }) {
      const tenant = state.tenant(tenantId);
      if (thread !== undefined) return expire(tenant, thread, state.now()) ? 1 : 0;
      const expired = [...tenant.threads].filter(([, { lifetime }]) => lifetime.isOver(state.now()));
      const due = ([, { lifetime }]: (typeof expired)[number]) => lifetime.expiresAtMs ?? 0;
      const first = expired.toSorted((one, other) => due(one) - due(other)).slice(0, limit);
      return first.filter(([name]) => expire(tenant, name, state.now())).length;
    },
  };
}

/** Deletes a thread if it has expired; false when there was nothing. */
function expire(tenant: MemoryTenant, name: string, nowMs: number): boolean {
  const thread = tenant.threads.get(name);
  if (thread?.lifetime.isOver(nowMs) !== true) return false;
  const had = !thread.isEmpty();
  tenant.checkpointsById.removeAll(thread.clear());
  return had;
}
