import { join } from "node:path";
import type { Database } from "@wflo/core";
import { openCallLog } from "./call-log.ts";
import { type Callers, startCallers } from "./callers.ts";
import type { Players } from "./players.ts";

/** Callers in this process, for a database that only one process may open. Nobody is killed. */
export function ownPlayers(options: {
  /** Closed when they stop. */
  readonly database: Database;
  readonly tenant: string;
  readonly callers: number;
  readonly seed: number;
  readonly lease: boolean;
  readonly folder: string;
}): Players {
  const file = join(options.folder, "own.log");
  const log = openCallLog(file);
  let callers: Callers | undefined;
  const stop = async (): Promise<void> => {
    const playing = callers;
    callers = undefined;
    await playing?.stop();
  };
  return {
    prepare: async () => {},
    start: () => void (callers = startCallers({ ...options, note: log.note })),
    killInTurn: async () => {},
    stop,
    async kill() {
      await stop();
      log.close();
    },
    logs: [{ file, isKilled: false }],
    killed: { "before-reserve": 0, "after-reserve": 0, "after-answer": 0, "before-settle": 0 },
    errors: [],
  };
}
