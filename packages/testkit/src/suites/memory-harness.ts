import { memoryDatabase } from "@wflo/core";
import type { Database } from "@wflo/core";
import type { DatabaseHarness } from "./database-case.ts";

/**
 * A harness around the memory database, or around what `wrap` makes of it. The clock stands still until it is
 * set.
 */
export async function memoryHarness(
  wrap: (database: Database, now: () => number) => Database = (database) => database,
): Promise<DatabaseHarness> {
  let nowMs = Date.now();
  const now = () => nowMs;
  const database = wrap(memoryDatabase({ now }), now);
  return {
    database,
    async setNow(at) {
      nowMs = at.getTime();
    },
    async dispose() {
      await database.close();
    },
  };
}
