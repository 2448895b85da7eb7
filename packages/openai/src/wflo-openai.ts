import { bindWrapper, checkOptions, providerName } from "@wflo/core";
import type { OpenAI } from "openai";
import { carryOver } from "./carry-over.ts";
import { copiedClient } from "./copied-client.ts";
import { Guard } from "./guard.ts";
import type { RequestNotes } from "./native-request.ts";
import { WFLO_OPENAI_OPTIONS, type WfloOpenAIOptions } from "./options.ts";
import { hasOwnTransport, isSdkOwn, noteWrapper } from "./own-way.ts";
import { refuseSockets } from "./sockets.ts";

type Fetch = typeof globalThis.fetch;

type Dispatch = (url: unknown, init: RequestInit, ...rest: unknown[]) => Promise<Response>;

/** Every `fetch` of a metered client. */
const metering = new WeakSet<Fetch>();

/** The parts of the client that are made to be overridden, and those we read. */
interface Hooks {
  readonly baseURL: string;
  prepareRequest(
    init: RequestInit,
    context: {
      url: string;
      options: { signal?: AbortSignal | null | undefined; __metadata?: RequestNotes | undefined };
    },
  ): Promise<void>;
  fetch: Fetch;
}

interface HooksConstructor {
  new (...args: never[]): Hooks;
  readonly prototype: Hooks;
}

/**
 * The same openai client with every paid request behind wflo's door: priced, held and settled, each retry as a call of its
 * own. It is an instance of the same class, with the same types; `withOptions` keeps the door, also with another `fetch`.
 * Refusals (`BudgetExceededError` and others, see `wflo.guardCall`) are thrown before anything is sent and are not retried.
 * Throws `InvalidOptionError` for what a tracer made of a client: pass it the metered client instead.
 *
 * A subclass that sends past the client's `fetch` is counted by the answers that it hands on. A client with an X.509 workload identity
 * sends past that too: its paid requests are refused with `UnmeteredTransportError` unless `strict` is false.
 *
 * WebSockets (realtime, live, responses) pass by: with such a client they are refused with `UnmeteredSocketError` unless
 * `strict` is false. One cannot be: `OpenAIRealtimeWebSocket`, the class for browsers, with an Azure client whose key is a
 * function, or made with `new` instead of `.azure()`. It asks the client for nothing that a plain request does not ask for.
 */
export function wfloOpenAI<Client extends OpenAI>(client: Client, given: WfloOpenAIOptions = {}): Client {
  checkOptions("The options of wfloOpenAI", given, WFLO_OPENAI_OPTIONS);
  const { provider } = given;
  const options = provider === undefined ? given : { ...given, provider: providerName(provider) };
  // With its own class, private fields and all.
  const copy = copiedClient(client);
  const bind = bindWrapper(options);
  const guards = new WeakMap<object, Guard>();
  const guardsByFetch = new WeakMap<Fetch, Guard>();
  const guardOf = (metered: object): Guard => {
    const guard = guards.get(metered);
    if (!guard) throw new TypeError("wflo: a client without fetch cannot make a request");
    return guard;
  };
  const Base = client.constructor as unknown as HooksConstructor;

  class Metered extends Base {
    override prepareRequest(
      init: RequestInit,
      context: Parameters<Hooks["prepareRequest"]>[1],
    ): Promise<void> {
      const inner = () => super.prepareRequest(init, context);
      const { url, options } = context;
      return guardOf(this).prepare({
        init,
        url,
        base: this.baseURL,
        signal: options.signal,
        notes: options.__metadata,
        isOwnTransport: hasOwnTransport(this),
        isOwnWay: isSdkOwn(this, ["makeRequest"]),
        inner,
      });
    }
  }
  noteWrapper(Metered.prototype);
  refuseSockets(Metered.prototype, guardOf);
  Object.defineProperty(Metered, "name", { value: client.constructor.name });
  const isAroundAnother = "fetch" in Base.prototype;
  if ("fetchWithAuth" in Base.prototype) watchDispatch(Metered.prototype, guards);
  // Whatever `fetch` the SDK or the user gives to this client, it stands behind the door.
  Object.defineProperty(Metered.prototype, "fetch", {
    configurable: true,
    get(this: object): Fetch {
      return guardOf(this).fetch;
    },
    set(this: object, send: Fetch) {
      const known = guardsByFetch.get(send);
      if (isAroundAnother) Reflect.set(Base.prototype, "fetch", known?.send ?? send, this);
      const inner = isAroundAnother ? (Reflect.get(Base.prototype, "fetch", this) as Fetch) : send;
      const isInnermost = !isAroundAnother && !metering.has(inner);
      const guard = known ?? new Guard({ options, bind, send: inner, isInnermost });
      metering.add(guard.fetch);
      guardsByFetch.set(guard.fetch, guard);
      guards.set(this, guard);
    },
  });

  // From here on the class of the copy is the metered one.
  const metered = copy as unknown as Hooks;
  carryOver(client, metered);
  Reflect.deleteProperty(metered, "fetch");
  Object.setPrototypeOf(metered, Metered.prototype);
  metered.fetch = (client as unknown as Hooks).fetch;
  return metered as unknown as Client;
}

/**
 * Stands around the SDK's way out, for the sake of subclasses that do not send with the client's `fetch`. Not around that of a client
 * with a transport of its own, which would refuse to work.
 */
function watchDispatch(metered: object, guards: WeakMap<object, Guard>): void {
  const base = Object.getPrototypeOf(metered) as object;
  const assigned = new WeakMap<object, Dispatch>();
  Object.defineProperty(metered, "fetchWithAuth", {
    configurable: true,
    get(this: object): Dispatch {
      const dispatch = assigned.get(this) ?? (Reflect.get(base, "fetchWithAuth", this) as Dispatch);
      const guard = guards.get(this);
      if (guard === undefined || hasOwnTransport(this)) return dispatch;
      const isOwnWay = !assigned.has(this) && isSdkOwn(this, ["fetchWithAuth", "fetchWithTimeout"]);
      return (url, init, ...rest) =>
        guard.dispatch(init, isOwnWay, () => dispatch.call(this, url, init, ...rest));
    },
    set(this: object, dispatch: Dispatch) {
      assigned.set(this, dispatch);
    },
  });
}
