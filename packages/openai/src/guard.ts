import { WfloError, type Answer, type BoundWrapper, type StreamAnswer } from "@wflo/core";
import { attempt, type NativeAnswer } from "./attempt.ts";
import { endpointOf, type PricedApi } from "./endpoint.ts";
import { refusalResponse, unreadableBody, UnpricedEndpointError } from "./errors.ts";
import type { WfloOpenAIOptions } from "./options.ts";
import { providerOfUrl } from "./provider.ts";
import { askedBody, outgoingBody, parseBody, writeBody } from "./request-body.ts";
import { capFieldOf, guardRequestOf } from "./request.ts";
import { Ticket, type Sent } from "./ticket.ts";

type Fetch = typeof globalThis.fetch;

/** The two places where a request of the openai client passes: before its time-out runs, and at the wire. */
export interface Guard {
  /** Reserves; throws a refusal before anything is sent. `inner` prepares what a wrapped client inside prepares. */
  prepare(
    init: RequestInit,
    url: string,
    signal: AbortSignal | null | undefined,
    inner: () => Promise<void>,
  ): Promise<void>;
  /** Sends what was reserved. */
  readonly fetch: Fetch;
  /** What it sends with. */
  readonly send: Fetch;
}

interface Opening {
  readonly init: RequestInit;
  readonly url: string;
  readonly api: PricedApi;
  readonly ticket: Ticket;
  readonly inner: () => Promise<void>;
}

type Open = (opening: Opening) => Promise<void>;

/** The way from the client's hooks to the door. `bind` tells, for each call, the client that accounts for it. */
export function createGuard(
  options: WfloOpenAIOptions,
  bind: () => Promise<BoundWrapper>,
  send: Fetch,
): Guard {
  /**
   * Under this key a ticket goes from `prepareRequest` to `fetch`: the SDK copies the object, and symbols with it. A header
   * would be signed by some of its providers.
   */
  const ticketKey = Symbol("wflo.ticket");
  const open: Open = (opening) => reserve(options, bind, send, opening);

  return {
    send,
    async prepare(init, url, signal, inner) {
      const endpoint = endpointOf(init.method?.toUpperCase() ?? "GET", url);
      if (endpoint.kind === "unpriced") throw new UnpricedEndpointError(endpoint.path);
      if (endpoint.kind === "free") return inner();
      const ticket = new Ticket(signal);
      try {
        await open({ init, url, api: endpoint.kind, ticket, inner });
      } catch (error) {
        ticket.over();
        // The SDK looks at the signal next, and has an error of its own for it.
        if (signal?.aborted === true && !WfloError.isInstance(error)) return;
        throw error;
      }
      Object.assign(init, { [ticketKey]: ticket });
    },
    fetch: async (input, given = {}) => {
      const url = input instanceof Request ? input.url : String(input);
      const { [ticketKey]: ticket, ...init } = given as RequestInit & { readonly [ticketKey]?: Ticket };
      if (ticket && !ticket.isUsed) return deliver(ticket, { url, init });
      const endpoint = endpointOf(init.method?.toUpperCase() ?? "GET", url);
      if (endpoint.kind === "free") return send(input, init);
      return sendUnprepared(endpoint, { url, init }, open);
    },
  };
}

/**
 * Opens the door for one request and returns as soon as it may be sent, with its body as it is to be sent: what comes
 * after, such as a signature, sees the last word.
 */
async function reserve(
  options: WfloOpenAIOptions,
  bind: () => Promise<BoundWrapper>,
  send: Fetch,
  { init, url, api, ticket, inner }: Opening,
): Promise<void> {
  const text = init.body;
  const asked = askedBody(init);
  const body = parseBody(asked);
  if (typeof text !== "string" || typeof asked !== "string" || body === undefined) throw unreadableBody(url);
  const provider = options.provider ?? providerOfUrl(url);
  const capField = capFieldOf(api, provider, body);
  const { wflo, request } = await bind();
  const ready = Promise.withResolvers<void>();
  let unprepared: { readonly error: unknown } | undefined;
  ticket.response = wflo.guardStream<Uint8Array, Response>(
    { ...guardRequestOf(api, provider, body, asked), ...request, signal: ticket.signal },
    async (grant) => {
      const outgoing = outgoingBody(api, capField, text, grant);
      writeBody(init, asked, outgoing.text);
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
      const call = { api, streams: body["stream"] === true, hideUsage: outgoing.injectsUsage, fetch: send };
      return releasing(ticket, await attempt(call, grant, sent));
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

/** A request that no `prepareRequest` of ours has seen: reserved here, where a refusal has to look like an answer. */
async function sendUnprepared(
  endpoint: Exclude<ReturnType<typeof endpointOf>, { kind: "free" }>,
  { url, init }: Sent,
  open: Open,
): Promise<Response> {
  try {
    if (endpoint.kind === "unpriced") throw new UnpricedEndpointError(endpoint.path);
    const ticket = new Ticket(init.signal);
    await open({ init, url, api: endpoint.kind, ticket, inner: async () => {} });
    return await deliver(ticket, { url, init });
  } catch (error) {
    if (WfloError.isInstance(error)) return refusalResponse(error);
    throw error;
  }
}

async function deliver(ticket: Ticket, sent: Sent): Promise<Response> {
  ticket.send(sent);
  if (ticket.response === undefined) throw new TypeError("wflo: a ticket was used before it was opened");
  return ticket.response;
}
