import type { Element, Piece, StoredCheckpoint } from "../ports/checkpoint-store.ts";
import type { MemoryCheckpoint } from "./memory-checkpoint.ts";
import type { MemoryTenant } from "./memory-tenant.ts";

/** A page of checkpoints with their contents; those of one thread share their elements. */
export function storedPage(
  tenant: MemoryTenant,
  page: readonly MemoryCheckpoint[],
): readonly StoredCheckpoint[] {
  const pieces = new Map<string, Piece[]>();
  const rows = page.map((checkpoint) => checkpoint.row());
  for (const row of rows) {
    const known = pieces.get(row.thread);
    if (known === undefined) pieces.set(row.thread, [...row.pieces]);
    else for (const piece of row.pieces) known.push(piece);
  }
  const elements = new Map<string, readonly Element[]>();
  for (const [id, all] of pieces) elements.set(id, tenant.threads.get(id)?.read(all) ?? []);
  return rows.flatMap((row) => {
    const thread = tenant.threads.get(row.thread);
    if (thread === undefined) return [];
    const writes = thread.writes.of(row.namespace, row.id);
    return [{ row, elements: elements.get(row.thread) ?? [], writes, thread: thread.state() }];
  });
}
