import { type Answer, planAnswer } from "./answer.ts";
import type { JobPlan } from "./jobs.ts";
import { responseEnvelope, responsesWire } from "./responses.ts";
import type { SimulatorReply } from "./simulator-reply.ts";
import type { SimulatorRequest } from "./simulator-request.ts";

/** True for a response that is answered at once and made later. */
export function isInBackground({ api, body, stream }: SimulatorRequest): boolean {
  return api === "responses" && body["background"] === true && !stream;
}

/** The response that a background request becomes: queued, in progress, and at the end with its usage, unless it was cancelled. */
export function backgroundJob(
  request: SimulatorRequest,
  reply: SimulatorReply,
  now: Date,
): JobPlan & { readonly queued: object } {
  const answer = planAnswer(request, reply, now);
  return {
    id: `resp_${answer.id}`,
    kind: "response",
    latencyMs: reply.latencyMs ?? 0,
    usage: answer.usage,
    fails: reply.errorAfterChunks !== undefined,
    queued: responseEnvelope(request, answer, "queued", []),
    look: (state) => {
      switch (state) {
        case "completed":
          return responsesWire(request, answer).body() as object;
        case "failed":
          return { ...responseEnvelope(request, answer, "failed", []), error: failure(reply) };
        case "cancelled":
        case "cancelling":
          return responseEnvelope(request, answer, "cancelled", []);
        case "in_progress":
          return responseEnvelope(request, unfinished(answer), "in_progress", []);
      }
    },
  };
}

/** The tier that serves a response is told when it is served. */
function unfinished(answer: Answer): Answer {
  return { ...answer, serviceTier: "auto" };
}

function failure({ errorCode }: SimulatorReply): object {
  return { code: errorCode ?? "server_error", message: "The simulator was told to fail." };
}
