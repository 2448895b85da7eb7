import { currentContext, withContext } from "../run/run-context.ts";
import type { DoorSettings } from "./door-settings.ts";

/** Different things warned of at most. */
const CAPACITY = 1_000;

/** Tells of paid requests that are not counted, or not as they should be: each as an event, each kind of it once as a warning. */
export class Unmetered {
  readonly #door: DoorSettings;
  readonly #warned = new Set<string>();

  constructor(door: DoorSettings) {
    this.#door = door;
  }

  /** `remedy`: what the user can do about it. */
  reportUnwrapped(call: {
    readonly provider: string;
    readonly model: string;
    readonly remedy: string;
  }): void {
    const { provider, model, remedy } = call;
    this.#door.emitter.emit("call-unwrapped", { provider, model, runId: currentContext().run?.runId });
    this.#warnOnce(
      `unwrapped ${provider} ${model}`,
      `wflo: calls to ${model} of ${provider} are counted by what their framework tells: each holds for all its retries at once. ${remedy}`,
    );
  }

  report({ provider, what }: { readonly provider: string; readonly what: string }): void {
    this.#door.emitter.emit("call-unmetered", { provider, what, runId: currentContext().run?.runId });
    this.#warnOnce(
      `${provider} ${what}`,
      `wflo: calls to ${what} of ${provider} are made without being counted: no budget stops them.`,
    );
  }

  /** A call passes several layers of wflo, of which one is enough. Only warned of: it is charged once. */
  reportLayered({ provider, model }: { readonly provider: string; readonly model: string }): void {
    this.#warnOnce(
      `layered ${provider} ${model}`,
      `wflo: calls to ${model} of ${provider} pass more than one layer of wflo. Each is charged once, and held under all their budgets; one layer is enough.`,
    );
  }

  /**
   * Does what a framework does to ask a model, and reports it where no call has come to a door by the time it has answered. `what` is the
   * model.
   */
  async unlessMetered<T>(
    call: { readonly provider: string; readonly what: string },
    work: () => T | PromiseLike<T>,
  ): Promise<T> {
    const witness = { hasMet: false };
    try {
      return await withContext({ witness }, work);
    } finally {
      if (!witness.hasMet) this.report(call);
    }
  }

  #warnOnce(name: string, sentence: string): void {
    if (this.#warned.has(name) || this.#warned.size >= CAPACITY) return;
    this.#warned.add(name);
    this.#door.log.warn(sentence);
  }
}
