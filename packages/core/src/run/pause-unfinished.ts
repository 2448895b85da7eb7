import { errorText } from "./error-text.ts";
import type { RunServices } from "./run-services.ts";

/**
 * Writes down for the next process that the runs of a client are paused which did not come to an end before it closes, such as those in a
 * step that does not heed the signal. Never rejects.
 */
export async function pauseUnfinished(services: RunServices, reason: Error): Promise<void> {
  const { running, database, tenant, emitter, log } = services;
  const error = errorText(reason);
  const pause = async ({ runId, workflow, epoch }: ReturnType<typeof running.stop>[number]) => {
    try {
      const isOurs = await database.runs.finish(tenant, { runId, epoch, status: "paused", error });
      if (isOurs) emitter.emit("run-end", { runId, workflow, status: "paused" });
    } catch (failure) {
      log.error(`wflo: run ${runId} could not be paused when its client closed.`, { error: failure });
    }
  };
  await Promise.all(running.stop().map(pause));
}
