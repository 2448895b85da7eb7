import type { Database } from "@wflo/core";
import { CaseDesk } from "./case-desk.ts";

/** One fresh, empty database under test, whose clock the test sets. */
export interface DatabaseHarness {
  readonly database: Database;
  /** Sets the store's clock, forwards or backwards; it may run on from there. */
  setNow(at: Date): Promise<void>;
  dispose(): Promise<void>;
}

/** One promise of a database. `run` rejects when it is broken. */
export interface DatabaseCase {
  readonly title: string;
  readonly run: (harness: DatabaseHarness) => Promise<void>;
}

/** A case that begins at `CaseDesk.start` with a desk for the tenant `acme`. */
export function databaseCase(title: string, play: (desk: CaseDesk) => Promise<void>): DatabaseCase {
  return {
    title,
    async run(harness) {
      const desk = new CaseDesk(harness);
      await desk.setNow(CaseDesk.start);
      await play(desk);
    },
  };
}
