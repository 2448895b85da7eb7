/** Promises checked by a benchmark: a broken one makes it exit with 1, a slow figure never does. */
export class Promises {
  #broken = 0;

  /** Prints whether a promise was kept. */
  check(promise: string, kept: boolean, detail = ""): void {
    if (!kept) this.#broken += 1;
    console.log(`${kept ? "kept  " : "BROKEN"}  ${promise}${detail === "" ? "" : `: ${detail}`}`);
  }

  /** For `process.exit`. */
  get exitCode(): number {
    return this.#broken === 0 ? 0 : 1;
  }
}
