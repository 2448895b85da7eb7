import { apart, providerOfUrl, type Answer, type BoundWrapper } from "@wflo/core";
import { readResponse, type NativeAnswer } from "./attempt.ts";
import { capFieldOf } from "./cap-field.ts";
import { countedCall } from "./counted-call.ts";
import { deploymentOf, type Endpoint } from "./endpoint.ts";
import { unreadableBody } from "./errors.ts";
import { heldCall } from "./held-call.ts";
import { readNativeRequest, type RequestNotes } from "./native-request.ts";
import type { WfloOpenAIOptions } from "./options.ts";
import { askedBody, outgoingBody, writeBody } from "./request-body.ts";
import type { Ticket } from "./ticket.ts";

/** Providers that tell the usage of a stream unasked, and refuse a request that asks for it (422 `extra_forbidden`: openai-agents-python#442). */
const TELLS_UNASKED = new Set(["mistral"]);

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
  /** `send` and `inner` belong to the user, whose metered calls in there are calls of their own. */
  readonly isInnermost: boolean;
}

/**
 * Opens the door for one request and returns as soon as it may be sent, with its body as it is to be sent: what comes
 * after, such as a signature, sees the last word.
 */
export async function reserve(
  { options, bind, send, isInnermost }: ReserveOptions,
  { init, url, endpoint, notes, ticket, inner }: Opening,
): Promise<void> {
  const text = init.body;
  const asked = askedBody(init);
  const provider = options.provider ?? providerOfUrl(url);
  const native = endpoint.kind === "priced" ? readNativeRequest(asked, notes) : undefined;
  if (endpoint.kind === "priced" && native === undefined) throw unreadableBody(endpoint.path);
  const bound = await bind();
  const { request, call } =
    endpoint.kind === "priced" && native !== undefined
      ? countedCall(native, { ...bound, api: endpoint.api, provider, deployment: deploymentOf(url) })
      : heldCall(endpoint as Extract<Endpoint, { kind: "paid" }>, asked, bound.request);
  const host = URL.canParse(url) ? new URL(url).host : undefined;
  const atWire = isInnermost ? apart : <T>(work: () => T) => work();
  const ready = Promise.withResolvers<void>();
  let unprepared: { readonly error: unknown } | undefined;
  ticket.response = bound.wflo.guardStream<Uint8Array, Response>(
    { ...request, provider, host, signal: ticket.signal, timedOut: ticket.timedOut },
    async (grant) => {
      let hideUsage = false;
      if (endpoint.kind === "priced" && typeof text === "string" && typeof asked === "string") {
        const { api } = endpoint;
        const capField = capFieldOf(api, provider, native?.fields ?? {});
        const asksUsage = options.streamUsage !== false && !TELLS_UNASKED.has(provider);
        const outgoing = outgoingBody({ api, capField, asksUsage }, text, grant);
        writeBody(init, asked, outgoing.text);
        hideUsage = outgoing.injectsUsage;
      }
      try {
        await atWire(inner);
      } catch (error) {
        unprepared = { error };
        return neverSent();
      } finally {
        ready.resolve();
      }
      const sent = await ticket.sent;
      switch (sent.kind) {
        case "unsent":
          return neverSent();
        case "unknown":
          return { value: Response.error(), outcome: { kind: "doubt", reason: "perhaps it was sent" } };
        case "failed":
          throw sent.error;
        case "answered":
        case "sent": {
          const response =
            sent.kind === "answered"
              ? sent.response
              : await atWire(() => send(sent.input, { ...sent.init, signal: grant.signal }));
          ticket.answered();
          return releasing(ticket, await readResponse({ ...call, hideUsage }, response));
        }
      }
    },
  );
  ticket.response.catch(() => ticket.over());
  await Promise.race([ready.promise, ticket.response]);
  if (unprepared) throw (unprepared as { readonly error: unknown }).error;
}

function neverSent(): Answer<Response> {
  return { value: Response.error(), outcome: { kind: "rejected", reason: "never sent" } };
}

/** Lets go of the caller's signal when the answer is over for its reader too. */
function releasing(ticket: Ticket, answer: NativeAnswer): NativeAnswer {
  if (!("chunks" in answer)) {
    ticket.over();
    return answer;
  }
  return { ...answer, over: () => ticket.over() };
}
