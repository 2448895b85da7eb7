import { bindWrapper } from "@wflo/core";
import type { OpenAI } from "openai";
import { createGuard } from "./guard.ts";
import type { WfloOpenAIOptions } from "./options.ts";

/** The parts of the client that are made to be overridden, and those we read. */
interface Hooks {
  prepareRequest(init: RequestInit, context: { url: string; options: { signal?: AbortSignal | null | undefined } }): Promise<void>;
  readonly fetch: typeof globalThis.fetch;
}

type HooksConstructor = new (...args: never[]) => Hooks;

/**
 * The same openai client with every paid request behind wflo's door: priced, held and settled, each retry as a call of its
 * own. It is an instance of the same class, with the same types; `withOptions` keeps the door.
 * Refusals (`BudgetExceededError` and others, see `wflo.guardCall`) are thrown before anything is sent and are not retried.
 */
export function wfloOpenAI<Client extends OpenAI>(client: Client, options: WfloOpenAIOptions = {}): Client {
  const bind = bindWrapper(options);
  const guard = createGuard(options, bind, (client as unknown as Hooks).fetch);
  const Base = client.constructor as unknown as HooksConstructor;

  class Metered extends Base {
    override prepareRequest(init: RequestInit, context: Parameters<Hooks["prepareRequest"]>[1]): Promise<void> {
      return guard.prepare(init, context.url, context.options.signal, () => super.prepareRequest(init, context));
    }
  }
  Object.defineProperty(Metered, "name", { value: client.constructor.name });

  // `withOptions` makes the copy with its own class, private fields and all; from here on that class is the metered one.
  const metered = client.withOptions({ fetch: guard.fetch });
  return Object.setPrototypeOf(metered, Metered.prototype) as Client;
}
