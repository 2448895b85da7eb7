import { currentContext } from "./run-context.ts";
import type { RunScope } from "./run-scope.ts";

/** The runs that a client executes now. */
export class TrackedRuns {
  readonly #open = new Map<
    RunScope,
    { readonly over: PromiseWithResolvers<void>; readonly stop: () => void }
  >();

  #isStopped = false;

  /** A run begins; returns what tells that its end was written. `stop`: lets no timer of it go on. */
  begin(scope: RunScope, stop: () => void): () => void {
    const over = Promise.withResolvers<void>();
    this.#open.set(scope, { over, stop });
    return () => {
      this.#open.delete(scope);
      over.resolve();
    };
  }

  /** Resolves when those that are open now are over, but for the one that asks. */
  async drain(): Promise<void> {
    const asking = currentContext().run;
    await Promise.all(
      [...this.#open].filter(([scope]) => scope !== asking).map(([, { over }]) => over.promise),
    );
  }

  /** Aborts all. */
  abort(reason: unknown): void {
    for (const scope of this.#open.keys()) scope.abort(reason);
  }

  /** True when the client is closed, and its database with it. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Stops the timers of those that did not come to an end, and returns those whose end nobody is writing. */
  stop(): readonly RunScope[] {
    this.#isStopped = true;
    for (const { stop } of this.#open.values()) stop();
    return [...this.#open.keys()].filter(({ isEnding }) => !isEnding);
  }
}
