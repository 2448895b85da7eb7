import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { EVENT_NAMES } from "./event-names.ts";
import type { WfloEventName, WfloEvents } from "./events.ts";

/** What is called with each event of a name. */
export type Listener<Name extends WfloEventName> = (event: WfloEvents[Name]) => unknown;

/** Hands events to listeners. A listener that throws breaks nothing; its error goes to `onListenerError`. */
export class Emitter {
  readonly #listeners = new Map<WfloEventName, Set<(event: never) => void>>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Adds a listener; returns the function that removes it. Throws `InvalidOptionError` for an event that there is not: nobody would ever hear it. */
  on<Name extends WfloEventName>(name: Name, listener: Listener<Name>): () => void {
    if (!EVENT_NAMES.includes(name)) {
      throw new InvalidOptionError(
        `There is no event "${String(name)}". There are ${EVENT_NAMES.join(", ")}.`,
      );
    }
    if (typeof listener !== "function") {
      throw new InvalidOptionError(`A listener of "${name}" is a function that takes the event.`);
    }
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** True when somebody listens, so that costly events are made only then. */
  has(name: WfloEventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<Name extends WfloEventName>(name: Name, event: WfloEvents[Name]): void {
    // A copy: a listener may add or remove listeners.
    const listeners = Array.from(this.#listeners.get(name) ?? []);
    for (const listener of listeners) {
      try {
        const result: unknown = (listener as Listener<Name>)(event);
        if (result instanceof Promise) result.catch(this.#onListenerError);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}
