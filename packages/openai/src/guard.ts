import { WfloError, type BoundWrapper } from "@wflo/core";
import { endpointOf, type Endpoint } from "./endpoint.ts";
import { refusalResponse, UnmeteredSocketError, UnpricedEndpointError } from "./errors.ts";
import type { RequestNotes } from "./native-request.ts";
import type { WfloOpenAIOptions } from "./options.ts";
import { providerOfUrl } from "./provider.ts";
import { RemoteAnswers } from "./remote-answers.ts";
import { reserve, type Opening } from "./reserve.ts";
import { Ticket, type Sent } from "./ticket.ts";

type Fetch = typeof globalThis.fetch;

/** What the SDK prepares. */
export interface Preparing {
  readonly init: RequestInit;
  readonly url: string;
  readonly signal: AbortSignal | null | undefined;
  readonly notes: RequestNotes | undefined;
  /** Prepares what a wrapped client inside prepares. */
  readonly inner: () => Promise<void>;
}

/** The places where a request of the openai client passes: before its time-out runs, and at the wire. */
export interface Guard {
  /** Reserves; throws a refusal before anything is sent. */
  prepare(request: Preparing): Promise<void>;
  /** Sends what was reserved. */
  readonly fetch: Fetch;
  /** What it sends with. */
  readonly send: Fetch;
  /** A WebSocket is about to be opened: throws `UnmeteredSocketError`, unless it may pass uncounted. */
  passSocket(url: string): void;
}

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
  const open = (opening: Opening) => reserve({ options, bind, send }, opening);
  const remotes = new RemoteAnswers({ provider: options.provider, bind });
  const passes = uncounted(options, bind);

  return {
    send,
    async prepare({ init, url, signal, notes, inner }) {
      const endpoint = endpointOf(init.method, url);
      if (endpoint.kind === "free") return inner();
      if (await passes(endpoint, url)) {
        Object.assign(init, { [ticketKey]: "uncounted" });
        return inner();
      }
      const ticket = new Ticket(signal);
      try {
        await open({ init, url, endpoint, notes, ticket, inner });
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
      const { [ticketKey]: ticket, ...init } = given as RequestInit & {
        readonly [ticketKey]?: Ticket | "uncounted";
      };
      if (ticket === "uncounted") return send(input, init);
      if (ticket && !ticket.isUsed) return deliver(ticket, { url, init });
      const method = init.method ?? (input instanceof Request ? input.method : undefined);
      const endpoint = endpointOf(method, url);
      if (endpoint.kind === "free") return remotes.watch(method, url, await send(input, init));
      try {
        if (await passes(endpoint, url)) return await send(input, init);
        return await sendUnprepared(endpoint, { url, init }, open);
      } catch (error) {
        if (WfloError.isInstance(error)) return refusalResponse(error);
        throw error;
      }
    },
    passSocket(url) {
      if (options.strict !== false) throw new UnmeteredSocketError();
      void report(bind, options.provider ?? providerOfUrl(url), "WebSockets");
    },
  };
}

/** Whether a paid request may pass uncounted. Throws `UnpricedEndpointError` where it may not, and cannot be held either. */
function uncounted(options: WfloOpenAIOptions, bind: () => Promise<BoundWrapper>) {
  return async (endpoint: Endpoint, url: string): Promise<boolean> => {
    if (endpoint.kind !== "paid" || options.hold !== undefined) return false;
    if (options.strict !== false) throw new UnpricedEndpointError(endpoint.path, endpoint.why);
    await report(bind, options.provider ?? providerOfUrl(url), endpoint.name);
    return true;
  };
}

async function report(bind: () => Promise<BoundWrapper>, provider: string, what: string): Promise<void> {
  // Where nobody accounts for it, there is nobody to tell.
  const bound = await bind().catch(() => undefined);
  bound?.wflo.reportUnmetered({ provider, what });
}

/** A request that no `prepareRequest` of ours has seen: reserved here, where a refusal has to look like an answer. */
async function sendUnprepared(
  endpoint: Opening["endpoint"],
  { url, init }: Sent,
  open: (opening: Opening) => Promise<void>,
): Promise<Response> {
  const ticket = new Ticket(init.signal);
  await open({ init, url, endpoint, notes: undefined, ticket, inner: async () => {} });
  return await deliver(ticket, { url, init });
}

async function deliver(ticket: Ticket, sent: Sent): Promise<Response> {
  ticket.send(sent);
  if (ticket.response === undefined) throw new TypeError("wflo: a ticket was used before it was opened");
  return ticket.response;
}
