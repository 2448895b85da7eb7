import type { CrashPoint } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { openCallLog } from "./call-log.ts";
import { type Callers, startCallers } from "./callers.ts";
import { openPool } from "./open-pool.ts";
import type { ToWorker, WorkerTask } from "./worker-message.ts";

/** A process of the play, started by `crew.ts`. It calls until it is told to stop or to kill itself, and ends when its parent is gone. */

let dieAt: CrashPoint | undefined;
let stop: () => Promise<void> = async () => process.exit(0);

function crashPoint(name: CrashPoint): void {
  if (name === dieAt) process.kill(process.pid, "SIGKILL");
}

function start(task: WorkerTask): void {
  const log = openCallLog(task.logFile);
  const pool = openPool({ ...task, max: task.connections });
  const callers: Callers = startCallers({
    ...task,
    database: postgres({ pool }),
    note: log.note,
    crashPoint,
  });
  process.send?.({ what: "ready" });
  stop = async () => {
    await callers.stop();
    await pool.end();
    log.close();
    process.exit(0);
  };
}

process.on("disconnect", () => process.exit(1));
// Ctrl-C reaches the whole group; the parent says when it is over.
process.on("SIGINT", () => {});
process.on("message", (message: ToWorker) => {
  switch (message.what) {
    case "task":
      return start(message.task);
    case "die":
      dieAt = message.at;
      return undefined;
    case "stop":
      return void stop();
  }
});
