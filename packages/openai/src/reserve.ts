import type { Answer, BoundWrapper, StreamAnswer } from "@wflo/core";
import { attempt, type NativeAnswer } from "./attempt.ts";
import { capFieldOf } from "./cap-field.ts";
import { countedCall } from "./counted-call.ts";
import { pathOf, type Endpoint } from "./endpoint.ts";
import { unreadableBody } from "./errors.ts";
import { heldCall } from "./held-call.ts";
import { readNativeRequest, type RequestNotes } from "./native-request.ts";
import type { WfloOpenAIOptions } from "./options.ts";
import { providerOfUrl } from "./provider.ts";
import { askedBody, outgoingBody, writeBody } from "./request-body.ts";
import type { Ticket } from "./ticket.ts";

/** A request that is to pass the door. */
export interface Opening {
  readonly init: RequestInit;
  readonly url: string;
  readonly endpoint: Exclude<Endpoint, { kind: "free" }>;
  readonly notes: RequestNotes | undefined;
  readonly ticket: Ticket;
  /** Prepares what is prepared inside: a wrapped client's own request, a signature. */
  readonly inner: () => Promise<void>;
}

/** What requests are reserved with; made once a client. */
export interface ReserveOptions {
  readonly options: WfloOpenAIOptions;
  readonly bind: () => Promise<BoundWrapper>;
  readonly send: typeof globalThis.fetch;
}

/**
 * Opens the door for one request and returns as soon as it may be sent, with its body as it is to be sent: what comes
 * after, such as a signature, sees the last word.
 */
export async function reserve(
  { options, bind, send }: ReserveOptions,
  { init, url, endpoint, notes, ticket, inner }: Opening,
): Promise<void> {
  const text = init.body;
  const asked = askedBody(init);
  const provider = options.provider ?? providerOfUrl(url);
  const native = endpoint.kind === "priced" ? readNativeRequest(asked, notes) : undefined;
  if (endpoint.kind === "priced" && native === undefined) throw unreadableBody(pathOf(url));
  const bound = await bind();
  const { request, call } =
    endpoint.kind === "priced" && native !== undefined
      ? countedCall(native, { ...bound, api: endpoint.api, provider })
      : heldCall(endpoint as Extract<Endpoint, { kind: "paid" }>, asked, bound.request);
  const ready = Promise.withResolvers<void>();
  let unprepared: { readonly error: unknown } | undefined;
  ticket.response = bound.wflo.guardStream<Uint8Array, Response>(
    { ...request, provider, signal: ticket.signal },
    async (grant) => {
      let hideUsage = false;
      if (endpoint.kind === "priced" && typeof text === "string" && typeof asked === "string") {
        const capField = capFieldOf(endpoint.api, provider, native?.fields ?? {});
        const outgoing = outgoingBody(endpoint.api, capField, text, grant);
        writeBody(init, asked, outgoing.text);
        hideUsage = outgoing.injectsUsage;
      }
      try {
        await inner();
      } catch (error) {
        unprepared = { error };
        return neverSent();
      } finally {
        ready.resolve();
      }
      const sent = await ticket.sent;
      if (sent === undefined) return neverSent();
      return releasing(ticket, await attempt({ ...call, hideUsage, fetch: send }, grant, sent));
    },
  );
  ticket.response.catch(() => ticket.over());
  await Promise.race([ready.promise, ticket.response]);
  if (unprepared) throw (unprepared as { readonly error: unknown }).error;
}

function neverSent(): Answer<Response> {
  return { value: Response.error(), outcome: { kind: "rejected", reason: "never sent" } };
}

/** Lets go of the caller's signal when the answer has come to its end. */
function releasing(ticket: Ticket, answer: NativeAnswer): NativeAnswer {
  if (!("chunks" in answer)) {
    ticket.over();
    return answer;
  }
  const { meter } = answer;
  const outcome: StreamAnswer<Uint8Array, Response>["meter"]["outcome"] = (complete) => {
    ticket.over();
    return meter.outcome(complete);
  };
  return { ...answer, meter: { ...meter, outcome } };
}
