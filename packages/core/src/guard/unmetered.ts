import { currentContext } from "../run/run-context.ts";
import type { DoorSettings } from "./door-settings.ts";

/** Different things warned of at most. */
const CAPACITY = 1_000;

/** Tells of paid requests that are not counted: each as an event, each kind of it once as a warning. */
export class Unmetered {
  readonly #door: DoorSettings;
  readonly #warned = new Set<string>();

  constructor(door: DoorSettings) {
    this.#door = door;
  }

  report({ provider, what }: { readonly provider: string; readonly what: string }): void {
    const { emitter, log } = this.#door;
    emitter.emit("call-unmetered", { provider, what, runId: currentContext().run?.runId });
    const name = `${provider} ${what}`;
    if (this.#warned.has(name) || this.#warned.size >= CAPACITY) return;
    this.#warned.add(name);
    log.warn(`wflo: calls to ${what} of ${provider} are made without being counted: no budget stops them.`);
  }
}
