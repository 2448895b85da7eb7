import { providerOfUrl, rejoined, WfloError, type BoundWrapper } from "@wflo/core";
import { endpointOf } from "./endpoint.ts";
import { refusalResponse } from "./errors.ts";
import type { RequestNotes } from "./native-request.ts";
import type { WfloOpenAIOptions } from "./options.ts";
import { RemoteAnswers } from "./remote-answers.ts";
import { reserve, type Opening, type ReserveOptions } from "./reserve.ts";
import { Ticket } from "./ticket.ts";
import { Uncounted } from "./uncounted.ts";
import { openedRequest } from "./unprepared.ts";

type Fetch = typeof globalThis.fetch;

/** Base URLs remembered at most. */
const MAX_BASES = 64;

/** What the SDK prepares. */
export interface Preparing {
  readonly init: RequestInit;
  readonly url: string;
  /** The base URL of the client. */
  readonly base: string;
  readonly signal: AbortSignal | null | undefined;
  readonly notes: RequestNotes | undefined;
  /** The client sends on a transport of its own, which nothing here sees. */
  readonly isOwnTransport: boolean;
  /** What comes after this is the SDK's own code. */
  readonly isOwnWay: boolean;
  /** Prepares what a wrapped client inside prepares. */
  readonly inner: () => Promise<void>;
}

/** What a guard is made with. */
export interface GuardOptions {
  readonly options: WfloOpenAIOptions;
  /** Tells, for each call, the client that accounts for it. */
  readonly bind: () => Promise<BoundWrapper>;
  readonly send: Fetch;
  /** `send` and what is prepared inside belong to the user, not to another wrapper. */
  readonly isInnermost: boolean;
}

/** A ticket, or what a request without one passes as. */
type Pass = Ticket | "free" | "uncounted";
type Init = RequestInit & { [ticketKey: symbol]: Pass | undefined };

/** The places where a request of the openai client passes: before its time-out runs, on its way out, and at the wire. */
export class Guard {
  /** What it sends with. */
  readonly send: Fetch;
  /** Sends what was reserved. */
  readonly fetch: Fetch;
  /**
   * Under this key a ticket goes from `prepareRequest` to `fetch`: the SDK copies the object, and symbols with it. A header
   * would be signed by some of its providers.
   */
  readonly #ticketKey = Symbol("wflo.ticket");
  readonly #provider: string | undefined;
  readonly #reserving: ReserveOptions;
  readonly #remotes: RemoteAnswers;
  readonly #uncounted: Uncounted;
  readonly #bases = new Set<string>();
  /** Answers that were counted on their way through `fetch`. */
  readonly #counted = new WeakSet<Response>();

  constructor({ options, bind, send, isInnermost }: GuardOptions) {
    this.send = send;
    this.fetch = (input, given) => this.#pass(input, (given ?? {}) as Init);
    this.#provider = options.provider;
    this.#reserving = { options, bind, send, isInnermost };
    this.#remotes = new RemoteAnswers({ provider: options.provider, bind });
    this.#uncounted = new Uncounted(options, bind);
  }

  /** Reserves; throws a refusal before anything is sent. */
  async prepare({ init, url, base, signal, ...request }: Preparing): Promise<void> {
    this.#remember(base);
    const { notes, isOwnTransport, isOwnWay, inner } = request;
    const note = (pass: Pass) => void Object.assign(init, { [this.#ticketKey]: pass });
    const endpoint = this.#endpointOf(init.method, url, [base]);
    if (endpoint.kind === "free") {
      note("free");
      return inner();
    }
    if (isOwnTransport) await this.#uncounted.passTransport(url);
    if (isOwnTransport || (await this.#uncounted.passes(endpoint, url))) {
      note("uncounted");
      return inner();
    }
    const ticket = new Ticket({ signal, isOwnWay });
    try {
      await reserve(this.#reserving, { init, url, endpoint, notes, ticket, inner });
    } catch (error) {
      ticket.over();
      // The SDK looks at the signal next, and has an error of its own for it.
      if (signal?.aborted === true && !WfloError.isInstance(error)) return;
      throw error;
    }
    note(ticket);
  }

  /** Sends what was prepared by `work`, which ends in `fetch` unless a subclass has a way of its own (not `isOwnWay`). */
  async dispatch(init: RequestInit, isOwnWay: boolean, work: () => Promise<Response>): Promise<Response> {
    const ticket = (init as Init)[this.#ticketKey];
    if (!(ticket instanceof Ticket) || ticket.isUsed) return work();
    if (!isOwnWay) ticket.leave();
    let response: Response;
    try {
      response = await work();
    } catch (error) {
      // The SDK itself failed before it came to `fetch`: for want of a token, perhaps.
      ticket.tell(isOwnWay ? { kind: "unsent" } : { kind: "failed", error });
      throw error;
    }
    if (ticket.isUsed) return response;
    // Sent through `fetch` with words of its own, it was counted there.
    const isCounted = this.#counted.has(response);
    ticket.tell(isCounted ? { kind: "unsent" } : { kind: "answered", response });
    return isCounted ? response : answerOf(ticket);
  }

  /** A WebSocket is about to be opened: throws `UnmeteredSocketError`, unless it may pass uncounted. */
  passSocket(url: string): void {
    this.#uncounted.passSocket(url);
  }

  async #pass(input: Parameters<Fetch>[0], given: Init): Promise<Response> {
    const url = input instanceof Request ? input.url : String(input);
    const { [this.#ticketKey]: pass, ...init } = given;
    const method = init.method ?? (input instanceof Request ? input.method : undefined);
    if (pass === "uncounted") return this.send(input, init);
    if (pass === "free") return this.#remotes.watch(method, url, await this.send(input, init));
    if (pass !== undefined && !pass.isUsed) {
      pass.send(input, init);
      return this.#count(await answerOf(pass));
    }
    const endpoint = this.#endpointOf(method, url);
    if (endpoint.kind === "free") return this.#remotes.watch(method, url, await this.send(input, init));
    try {
      if (await this.#uncounted.passes(endpoint, url)) return await this.send(input, init);
      return this.#count(await this.#sendUnprepared(endpoint, input, init));
    } catch (error) {
      if (WfloError.isInstance(error)) return this.#count(refusalResponse(error));
      throw error;
    }
  }

  /** A request that no `prepareRequest` of ours has seen: reserved here, where a refusal has to look like an answer. */
  async #sendUnprepared(
    endpoint: Opening["endpoint"],
    input: Parameters<Fetch>[0],
    given: RequestInit,
  ): Promise<Response> {
    const { url, init, signal } = await openedRequest(input, given);
    const ticket = new Ticket({ signal });
    const opening = { init, url, endpoint, notes: undefined, ticket, inner: async () => {} };
    // Whoever sends with a `fetch` of ours, such as another SDK, sends the request that it may have reserved for itself.
    await rejoined(() => reserve(this.#reserving, opening));
    ticket.send(input, init);
    return await answerOf(ticket);
  }

  #endpointOf(method: string | undefined, url: string, bases: Iterable<string> = this.#bases) {
    return endpointOf({ method, url, bases, provider: this.#provider ?? providerOfUrl(url) });
  }

  /** For requests that come to `fetch` unprepared. Copies of a client may have a base each. */
  #remember(base: string): void {
    this.#bases.delete(base);
    this.#bases.add(base);
    const [oldest] = this.#bases;
    if (this.#bases.size > MAX_BASES && oldest !== undefined) this.#bases.delete(oldest);
  }

  #count(response: Response): Response {
    this.#counted.add(response);
    return response;
  }
}

async function answerOf({ response }: Ticket): Promise<Response> {
  if (response === undefined) throw new TypeError("wflo: a ticket was used before it was opened");
  return response;
}
