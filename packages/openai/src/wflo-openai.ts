import { bindWrapper } from "@wflo/core";
import type { OpenAI } from "openai";
import { createGuard, type Guard } from "./guard.ts";
import type { RequestNotes } from "./native-request.ts";
import type { WfloOpenAIOptions } from "./options.ts";
import { refuseSockets } from "./sockets.ts";

type Fetch = typeof globalThis.fetch;

/** The parts of the client that are made to be overridden, and those we read. */
interface Hooks {
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
 *
 * WebSockets (realtime, live, responses) pass by: with such a client they are refused with `UnmeteredSocketError` unless
 * `strict` is false. One cannot be: `OpenAIRealtimeWebSocket`, the class for browsers, with an Azure client whose key is a
 * function, or made with `new` instead of `.azure()`. It asks the client for nothing that a plain request does not ask for.
 */
export function wfloOpenAI<Client extends OpenAI>(client: Client, options: WfloOpenAIOptions = {}): Client {
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
      return guardOf(this).prepare({ init, url, signal: options.signal, notes: options.__metadata, inner });
    }
  }
  refuseSockets(Metered.prototype, guardOf);
  Object.defineProperty(Metered, "name", { value: client.constructor.name });
  const isAroundAnother = "fetch" in Base.prototype;
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
      const guard = known ?? createGuard(options, bind, inner);
      guardsByFetch.set(guard.fetch, guard);
      guards.set(this, guard);
    },
  });

  // `withOptions` makes the copy with its own class, private fields and all; from here on that class is the metered one.
  const metered = client.withOptions({}) as unknown as Hooks;
  const { fetch } = metered;
  Reflect.deleteProperty(metered, "fetch");
  Object.setPrototypeOf(metered, Metered.prototype);
  metered.fetch = fetch;
  return metered as unknown as Client;
}
