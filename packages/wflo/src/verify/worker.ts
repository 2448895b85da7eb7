import type { CrashPoint } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { openCallLog } from "./call-log.ts";
import { startCallers } from "./callers.ts";
import { openPool } from "./open-pool.ts";
import type { ToWorker, WorkerTask } from "./worker-process.ts";

/** A process of the play, started by `crew.ts`. It calls until it is told to stop or to kill itself, and ends when its parent is gone. */

let dieAt: CrashPoint | undefined;
let play: () => void = () => {};
let stop: () => Promise<void> = async () => {};

function crashPoint(name: CrashPoint): void {
  if (name === dieAt) process.kill(process.pid, "SIGKILL");
}

async function prepare(task: WorkerTask): Promise<void> {
  const log = openCallLog(task.logFile);
  const onDeadlock = (message: string): void => log.note({ what: "error", message });
  const pool = openPool({ ...task, max: task.connections, onDeadlock });
  const database = postgres({ pool });
  await database.migrate();
  play = () => {
    const callers = startCallers({ ...task, database, note: log.note, crashPoint });
    stop = async () => {
      await callers.stop();
      await pool.end();
      log.close();
      process.exit(0);
    };
  };
  process.send?.({ what: "ready" });
}

process.on("disconnect", () => process.exit(1));
// Ctrl-C reaches the whole group; the parent says when it is over.
process.on("SIGINT", () => {});
process.on("message", (message: ToWorker) => {
  switch (message.what) {
    case "task":
      return void prepare(message.task);
    case "play":
      return play();
    case "die":
      dieAt = message.at;
      return undefined;
    case "stop":
      return void stop();
  }
});
