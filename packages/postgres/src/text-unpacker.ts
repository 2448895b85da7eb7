import { unpackText } from "./packed-text.ts";

/** What is remembered, packed and unpacked together. Characters. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** Unpacks texts, and remembers those it came past last: a thread that goes on is read again and again, and most of it is as it was. */
export class TextUnpacker {
  readonly #known = new Map<string, string>();
  #characters = 0;

  /** Throws `StoreUnavailableError` when a newer version packed it. */
  unpack(packed: string): string {
    const known = this.#known.get(packed);
    const text = known ?? unpackText(packed);
    // The last used is the last to be forgotten.
    if (known !== undefined) this.#known.delete(packed);
    else this.#characters += packed.length + text.length;
    this.#known.set(packed, text);
    this.#forget();
    return text;
  }

  #forget(): void {
    for (const [packed, text] of this.#known) {
      if (this.#characters <= MAX_CHARACTERS) break;
      this.#known.delete(packed);
      this.#characters -= packed.length + text.length;
    }
  }
}
