/** Work that is done one after the other, in the order it was asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves when what was asked for until now is done. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** Begins at once when nothing is being done, else after that. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#waiting++ === 0 ? work() : this.#last.then(work);
    const over = () => void this.#waiting--;
    this.#last = turn.then(over, over);
    return turn;
  }
}
