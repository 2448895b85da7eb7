import type { Database } from "../ports/database.ts";
import { commitStep } from "./commit-step.ts";
import { memoryCheckpointStore } from "./memory-checkpoint-store.ts";
import { memoryItemStore } from "./memory-item-store.ts";
import { memoryLedgerStore } from "./memory-ledger-store.ts";
import { memoryRunStore } from "./memory-run-store.ts";
import { MemoryState } from "./memory-state.ts";

/**
 * A database in this process's memory: the reference semantics of every port, and the default where none is
 * given. Entries are kept for as long as it lives. `now` (milliseconds since the epoch) is the store's clock.
 * Methods reject with `StoreUnavailableError` after `close()`.
 */
export function memoryDatabase(options?: { readonly now?: () => number }): Database {
  const state = new MemoryState(options?.now ?? Date.now);
  return {
    ledger: memoryLedgerStore(state),
    runs: memoryRunStore(state),
    checkpoints: memoryCheckpointStore(state),
    items: memoryItemStore(state),
    async commitStep(commit) {
      return commitStep(state.tenant(commit.tenant), commit, state.now());
    },
    async close() {
      state.close();
    },
  };
}
