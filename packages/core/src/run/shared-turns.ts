import { Turns } from "./turns.ts";

/** Work of two kinds, begun in the order it was asked for: what is done alone, and what may overlap with others of its kind only. */
export class SharedTurns {
  readonly #alone = new Turns();
  readonly #shared = new Set<Promise<void>>();

  /** True when nothing is being done or waits. */
  get isIdle(): boolean {
    return this.#alone.isIdle && this.#shared.size === 0;
  }

  /** Resolves when what was asked for until now has begun, and what of it is done alone is done. */
  idle(): Promise<void> {
    return this.#alone.idle();
  }

  /** Does work alone. It begins at once when nothing is being done. */
  take<T>(work: () => Promise<T>): Promise<T> {
    return this.#alone.take(() =>
      this.#shared.size === 0 ? work() : Promise.all(this.#shared).then(() => work()),
    );
  }

  /** Does work that overlaps with other work that is shared. */
  async share<T>(work: () => Promise<T>): Promise<T> {
    // The turn is over when the work has begun: who comes next waits for it if it has to.
    const { doing } = await this.#alone.take(async () => ({ doing: this.#begin(work) }));
    return doing;
  }

  #begin<T>(work: () => Promise<T>): Promise<T> {
    const doing = work();
    const done = doing.then(
      () => {},
      () => {},
    );
    this.#shared.add(done);
    void done.then(() => this.#shared.delete(done));
    return doing;
  }
}
