import { Fingerprinter, type Fingerprint } from "./fingerprint.ts";

/** A text to mix into a fingerprint, and what kind of text it is. */
export type Mix = readonly [kind: number, text: string];

/** The fingerprints of every beginning of a request, made when they are asked for: hashing takes most of what an estimate does. */
export class RequestFingerprints {
  readonly #hash: Fingerprinter;
  readonly #parts: readonly (readonly Mix[])[];
  readonly #made: Fingerprint[] = [];

  /** `parts` end where the first one stands whose content nobody can tell. */
  constructor(key: Fingerprint, head: readonly Mix[], parts: readonly (readonly Mix[])[]) {
    this.#hash = new Fingerprinter(key);
    for (const [kind, text] of head) this.#hash.add(kind, text);
    this.#parts = parts;
  }

  /** How many parts can be told. */
  get known(): number {
    return this.#parts.length;
  }

  /** Of everything up to this part, itself included; undefined where that cannot be told. */
  upTo(at: number): Fingerprint | undefined {
    for (const mixes of this.#parts.slice(this.#made.length, at + 1)) {
      for (const [kind, text] of mixes) this.#hash.add(kind, text);
      this.#made.push(this.#hash.read());
    }
    return this.#made[at];
  }
}
