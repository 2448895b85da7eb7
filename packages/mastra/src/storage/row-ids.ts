/** So many runs are saved without looking for them first. */
const MAX_RUNS = 10_000;

/** The ids of the checkpoints that runs have, as far as this process has seen them: the last used ones. */
export class RowIds {
  readonly #ids = new Map<string, string>();

  get(thread: string): string | undefined {
    return this.#ids.get(thread);
  }

  set(thread: string, id: string): void {
    this.#ids.delete(thread);
    this.#ids.set(thread, id);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MAX_RUNS && oldest !== undefined) this.#ids.delete(oldest);
  }

  delete(thread: string): void {
    this.#ids.delete(thread);
  }
}
