const CHUNK_BYTES = 64 * 1024;
const encoder = new TextEncoder();
const bytes = new Uint8Array(CHUNK_BYTES);
const words = new Int32Array(bytes.buffer);

/** 128 bits that stand for everything a fingerprinter was given, in its order. */
export type Fingerprint = readonly [number, number, number, number];

/**
 * A keyed hash of a sequence of texts that can be read after each of them: four 32-bit lanes, one round of HalfSipHash
 * (Aumasson, Bernstein) for every four bytes of UTF-8, four rounds to read it. The kind and the lengths of each text are mixed
 * in, so that texts cannot trade bytes with their neighbours.
 *
 * With a random key that never leaves the process it withstands people who choose the texts and hope that two sequences
 * meet, near-identical ones included. It is no cryptographic digest: nothing may rest on it against somebody who knows the key
 * or reads fingerprints. Texts that differ in nothing but lone surrogates are the same bytes, and the same fingerprint.
 */
export class Fingerprinter {
  #v0: number;
  #v1: number;
  #v2: number;
  #v3: number;

  constructor(key: Fingerprint) {
    [this.#v0, this.#v1, this.#v2, this.#v3] = key;
  }

  /** Mixes in a text of this kind, a small number; returns how many bytes it takes in UTF-8. */
  add(kind: number, text: string): number {
    let length = 0;
    let at = 0;
    words[0] = kind;
    words[1] = text.length;
    this.#mix(2);
    while (at < text.length) {
      const { read, written } = encoder.encodeInto(at === 0 ? text : text.slice(at), bytes);
      bytes.fill(0, written, (written + 3) & ~3);
      this.#mix((written + 3) >>> 2);
      at += read;
      length += written;
      words[0] = written;
      this.#mix(1);
    }
    return length;
  }

  /** The fingerprint of all that was added so far. */
  read(): Fingerprint {
    const before = [this.#v0, this.#v1, this.#v2, this.#v3] as const;
    this.#v2 ^= 0xee;
    words.fill(0, 0, 4);
    this.#mix(4);
    const fingerprint = [this.#v0, this.#v1, this.#v2, this.#v3] as const;
    [this.#v0, this.#v1, this.#v2, this.#v3] = before;
    return fingerprint;
  }

  #mix(count: number): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    for (let at = 0; at < count; at++) {
      const word = words[at] ?? 0;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = (v1 << 5) | (v1 >>> 27);
      v1 ^= v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = (v3 << 8) | (v3 >>> 24);
      v3 ^= v2;
      v0 = (v0 + v3) | 0;
      v3 = (v3 << 7) | (v3 >>> 25);
      v3 ^= v0;
      v2 = (v2 + v1) | 0;
      v1 = (v1 << 13) | (v1 >>> 19);
      v1 ^= v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}

/** A key that nobody knows. */
export function randomKey(): Fingerprint {
  const [a = 0, b = 0, c = 0, d = 0] = crypto.getRandomValues(new Int32Array(4));
  return [a, b, c, d];
}
