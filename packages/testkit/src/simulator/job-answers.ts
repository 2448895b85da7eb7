import { backgroundJob, isInBackground } from "./background.ts";
import { batchJob } from "./batches.ts";
import type { Exchange } from "./exchange.ts";
import { sendHttpError, sendJson } from "./failures.ts";
import type { SimulatorRequest } from "./simulator-request.ts";

/** True for a request that is answered at once, and done later. */
export function isJob(request: SimulatorRequest): boolean {
  return request.api === "batches" || isInBackground(request);
}

/** Starts the work of such a request and answers that it is on its way. */
export function answerWithJob({ request, reply, response, entry, jobs, files }: Exchange): void {
  const job =
    request.api === "batches"
      ? batchJob({ request, reply, now: entry.at, files })
      : backgroundJob(request, reply, entry.at);
  if (job === undefined) {
    entry.status = 400;
    return sendHttpError(response, 400, { errorCode: "invalid_input_file" });
  }
  jobs.start(job, entry);
  if (reply.neverAnswer) return;
  entry.status = 200;
  sendJson(response, 200, job.queued);
}
