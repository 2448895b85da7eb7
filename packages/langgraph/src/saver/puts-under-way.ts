/** A chain of puts is as long as the supersteps that are under way. */
const MAX_ATTEMPTS = 100;

/** The puts of this process that are under way, by the line that they are made on. */
export class PutsUnderWay {
  readonly #puts = new Map<string, Set<Promise<void>>>();

  /** Makes a put on a line. */
  async during<T>(line: Line, put: () => Promise<T>): Promise<T> {
    const key = keyOf(line);
    const all = this.#puts.get(key) ?? new Set();
    const over = Promise.withResolvers<void>();
    this.#puts.set(key, all.add(over.promise));
    try {
      return await put();
    } finally {
      all.delete(over.promise);
      if (all.size === 0) this.#puts.delete(key);
      over.resolve();
    }
  }

  /**
   * Writes of a task may come before the checkpoint that they are beside, or a put that goes before that. A store that takes it for a deleted
   * one, as its id is smaller than that of another, is asked again when a put on the line is over.
   */
  async settled(line: Line, putWrites: () => Promise<"saved" | "deleted">): Promise<"saved" | "deleted"> {
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      const outcome = await putWrites();
      if (outcome === "saved" || !(await this.#oneOver(line))) return outcome;
    }
    return putWrites();
  }

  /** Waits until one of the puts on a line is over; false when there is none. */
  async #oneOver(line: Line): Promise<boolean> {
    const all = this.#puts.get(keyOf(line));
    if (all === undefined) return false;
    await Promise.race(all);
    return true;
  }
}

/** A namespace of a thread. */
interface Line {
  readonly thread: string;
  readonly namespace: string;
}

function keyOf({ thread, namespace }: Line): string {
  return JSON.stringify([thread, namespace]);
}
