import { StoreUnavailableError, type Database } from "@wflo/core";

/** A database as a process sees it that is killed at its n-th write: nothing of it arrives any more. */
export function mortalDatabase(database: Database, writesLeft: number): Database {
  let left = writesLeft;
  const write = <Args extends readonly unknown[], T>(method: (...args: Args) => Promise<T>) => {
    return async (...args: Args) => {
      if (left-- <= 0) throw new StoreUnavailableError("killed");
      return method(...args);
    };
  };
  return {
    ...database,
    commitStep: write((commit) => database.commitStep(commit)),
    checkpoints: { ...database.checkpoints, put: write((put) => database.checkpoints.put(put)) },
    runs: { ...database.runs, finish: write((tenant, end) => database.runs.finish(tenant, end)) },
  };
}
