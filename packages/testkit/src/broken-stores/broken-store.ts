import type { CheckpointStore, Database, ItemStore, LedgerStore, RunStore } from "@wflo/core";

/** A store that breaks one promise, and the title of the one case that must fail on it. */
export interface BrokenStore {
  readonly name: string;
  readonly breaks: string;
  /** `now` is the clock of the store, in milliseconds since the epoch. */
  readonly wrap: (database: Database, now: () => number) => Database;
}

/** The methods that a broken store does in its own way. */
export interface BrokenMethods {
  readonly ledger?: Partial<LedgerStore>;
  readonly runs?: Partial<RunStore>;
  readonly checkpoints?: Partial<CheckpointStore>;
  readonly items?: Partial<ItemStore>;
  readonly commitStep?: Database["commitStep"];
}

/** A store with methods of its ledger done in its own way. */
export function brokenLedger(
  name: string,
  breaks: string,
  methods: (ledger: LedgerStore) => Partial<LedgerStore>,
): BrokenStore {
  const wrap = (database: Database) => withMethods(database, { ledger: methods(database.ledger) });
  return { name, breaks, wrap };
}

/** A store with methods of its checkpoints done in its own way. */
export function brokenCheckpointStore(
  name: string,
  breaks: string,
  methods: (checkpoints: CheckpointStore) => Partial<CheckpointStore>,
): BrokenStore {
  const wrap = (database: Database) => withMethods(database, { checkpoints: methods(database.checkpoints) });
  return { name, breaks, wrap };
}

/** The database with some methods replaced. */
export function withMethods(database: Database, methods: BrokenMethods): Database {
  return {
    ...database,
    ...(methods.commitStep && { commitStep: methods.commitStep }),
    ledger: { ...database.ledger, ...methods.ledger },
    runs: { ...database.runs, ...methods.runs },
    checkpoints: { ...database.checkpoints, ...methods.checkpoints },
    items: { ...database.items, ...methods.items },
  };
}
