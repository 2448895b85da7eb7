import { WfloError, type BoundWrapper } from "@wflo/core";
import { attempt, type NativeCall } from "./attempt.ts";
import { endpointOf, type PricedApi } from "./endpoint.ts";
import { refusalResponse, unreadableBody, UnpricedEndpointError } from "./errors.ts";
import type { WfloOpenAIOptions } from "./options.ts";
import { providerOfUrl } from "./provider.ts";
import { capFieldOf, guardRequestOf, type Body } from "./request.ts";
import { Ticket, TICKET_HEADER, type Sent } from "./ticket.ts";

type Fetch = typeof globalThis.fetch;

/** The two places where a request of the openai client passes: before its time-out runs, and at the wire. */
export interface Guard {
  /** Reserves; throws a refusal before anything is sent. `inner` prepares what a wrapped client inside prepares. */
  prepare(init: RequestInit, url: string, signal: AbortSignal | null | undefined, inner: () => Promise<void>): Promise<void>;
  /** Sends what was reserved. */
  readonly fetch: Fetch;
}

/** The way from the client's hooks to the door. `bind` tells, for each call, the client that accounts for it. */
export function createGuard(options: WfloOpenAIOptions, bind: () => Promise<BoundWrapper>, send: Fetch): Guard {
  const tickets = new Map<string, Ticket>();

  const open = async (init: RequestInit, url: string, api: PricedApi, ticket: Ticket, inner: () => Promise<void>) => {
    const text = init.body;
    const body = typeof text === "string" ? parseObject(text) : undefined;
    if (typeof text !== "string" || body === undefined) throw unreadableBody(url);
    const provider = options.provider ?? providerOfUrl(url);
    const { wflo, request } = await bind();
    const call: NativeCall = { api, body, capField: capFieldOf(api, provider, body), fetch: send };
    const ready = Promise.withResolvers<void>();
    ticket.response = wflo.guardStream(
      { ...guardRequestOf(api, provider, body, text), ...request, signal: ticket.signal },
      async (grant) => {
        await inner();
        ready.resolve();
        const sent = await ticket.sent;
        if (sent === undefined) return { value: Response.error(), outcome: { kind: "rejected", reason: "never sent" } };
        return attempt(call, grant, sent.url, withoutTicket(sent.init));
      },
    );
    await Promise.race([ready.promise, ticket.response]);
  };

  return {
    async prepare(init, url, signal, inner) {
      const endpoint = endpointOf(init.method?.toUpperCase() ?? "GET", url);
      if (endpoint.kind === "unpriced") throw new UnpricedEndpointError(endpoint.path);
      if (endpoint.kind === "free") return inner();
      const ticket = new Ticket(signal);
      await open(init, url, endpoint.kind, ticket, inner);
      tickets.set(ticket.id, ticket);
      void ticket.sent.then(() => tickets.delete(ticket.id));
      const headers = new Headers(init.headers);
      headers.append(TICKET_HEADER, ticket.id);
      init.headers = headers;
    },
    fetch: async (input, init = {}) => {
      const url = input instanceof Request ? input.url : String(input);
      const prepared = takeTicket(tickets, init);
      if (prepared) return deliver(prepared, { url, init });
      const endpoint = endpointOf(init.method?.toUpperCase() ?? "GET", url);
      if (endpoint.kind === "free") return send(input, init);
      return sendUnprepared(endpoint, { url, init }, open);
    },
  };
}

/** A request that no `prepareRequest` of ours has seen: reserved here, where a refusal has to look like an answer. */
async function sendUnprepared(
  endpoint: Exclude<ReturnType<typeof endpointOf>, { kind: "free" }>,
  sent: Sent,
  open: (init: RequestInit, url: string, api: PricedApi, ticket: Ticket, inner: () => Promise<void>) => Promise<void>,
): Promise<Response> {
  try {
    if (endpoint.kind === "unpriced") throw new UnpricedEndpointError(endpoint.path);
    const ticket = new Ticket(sent.init.signal);
    await open(sent.init, sent.url, endpoint.kind, ticket, async () => {});
    return await deliver(ticket, sent);
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

/** The tickets in a header are those of the wrappers around one another; each takes its own. */
function takeTicket(tickets: ReadonlyMap<string, Ticket>, init: RequestInit): Ticket | undefined {
  const ids = new Headers(init.headers).get(TICKET_HEADER)?.split(", ") ?? [];
  const own = ids.find((id) => tickets.has(id));
  return own === undefined ? undefined : tickets.get(own);
}

/** Only the innermost wrapper talks to the network; the others hand the remaining tickets on. */
function withoutTicket(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  const ids = headers.get(TICKET_HEADER)?.split(", ") ?? [];
  headers.delete(TICKET_HEADER);
  for (const id of ids.slice(0, -1)) headers.append(TICKET_HEADER, id);
  return { ...init, headers };
}

function parseObject(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}
