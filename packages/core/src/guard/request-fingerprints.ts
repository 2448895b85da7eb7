import { Fingerprinter, type Fingerprint } from "./fingerprint.ts";
import type { GuardRequest, RequestPart } from "./guard-request.ts";

/** What kind of text is mixed into a fingerprint; the numbers mean nothing else. */
const MIXED = { head: 1, tools: 2, follows: 3, text: 4, opaque: 5, key: 6, tokens: 7, uses: 8 } as const;

/** The fingerprints of every beginning of a request, made when they are asked for: hashing takes most of what an estimate does. */
export class RequestFingerprints {
  readonly #hash: Fingerprinter;
  readonly #parts: readonly RequestPart[];
  readonly #made: Fingerprint[] = [];

  constructor(key: Fingerprint, request: GuardRequest, tools: string) {
    const { provider, model, host = "", follows, parts } = request;
    this.#hash = new Fingerprinter(key);
    for (const text of [provider, model, host]) this.#hash.add(MIXED.head, text);
    this.#hash.add(MIXED.tools, tools);
    if (follows !== undefined) this.#hash.add(MIXED.follows, follows);
    // What comes after something unknown is unknown.
    const unknown = parts.findIndex(isUnknown);
    this.#parts = parts.slice(0, unknown < 0 ? parts.length : unknown);
  }

  /** How many parts can be told. */
  get known(): number {
    return this.#parts.length;
  }

  /** Of everything up to this part, itself included; undefined where that cannot be told. */
  upTo(at: number): Fingerprint | undefined {
    for (const part of this.#parts.slice(this.#made.length, at + 1)) {
      this.#mix(part);
      this.#made.push(this.#hash.read());
    }
    return this.#made[at];
  }

  #mix(part: RequestPart): void {
    if (typeof part === "string") return this.#hash.add(MIXED.text, part);
    if (part.kind === "text") return this.#hash.add(MIXED.text, part.text);
    if (part.kind === "opaque") {
      this.#hash.add(MIXED.opaque, part.what);
      if (part.key !== undefined) this.#hash.add(MIXED.key, part.key);
    } else if (part.kind !== "unbounded") this.#hash.add(MIXED[part.kind], `${part.atMost} ${part.what}`);
  }
}

/** Whether nobody can tell what a part has in it. */
function isUnknown(part: RequestPart): boolean {
  return typeof part !== "string" && part.kind === "opaque" && part.key === undefined;
}
