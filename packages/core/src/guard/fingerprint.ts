const CHUNK_BYTES = 64 * 1024;
/** In front of each chunk: what kind of text begins with it, and how many bytes of the chunk are text. */
const HEADER_BYTES = 8;
const encoder = new TextEncoder();
const bytes = new Uint8Array(HEADER_BYTES + CHUNK_BYTES);
const chunk = bytes.subarray(HEADER_BYTES);
const words = new Int32Array(bytes.buffer);

/** 128 bits that stand for everything a fingerprinter was given, in its order. */
export type Fingerprint = readonly [number, number, number, number];

/** The four lanes of a hash and those beside them, which take every other word of a text, since a processor can do both at once. */
type Lanes = readonly [number, number, number, number, number, number, number, number];

/**
 * A keyed hash of a sequence of texts that can be read after each of them: HalfSipHash (Aumasson, Bernstein) with all four of its
 * 32-bit lanes as the result, one round for every four bytes of UTF-8. The kind and the length of each text are mixed in, so
 * that texts cannot trade bytes with their neighbours.
 *
 * With a random key that never leaves the process it withstands people who choose the texts and hope that two sequences
 * meet, near-identical ones included. It is no cryptographic digest: nothing may rest on it against somebody who knows the key
 * or reads fingerprints. Texts that differ in nothing but lone surrogates are the same bytes, and the same fingerprint.
 */
export class Fingerprinter {
  #lanes: Lanes;

  constructor([a, b, c, d]: Fingerprint) {
    this.#lanes = [a, b, c, d, ~d, ~c, ~b, ~a];
  }

  /** Mixes in a text of this kind, a number above 0. */
  add(kind: number, text: string): void {
    let at = 0;
    do {
      const { read, written } = encoder.encodeInto(at === 0 ? text : text.slice(at), chunk);
      const end = (written + 7) & ~7;
      chunk.fill(0, written, end);
      words[0] = at === 0 ? kind : 0;
      words[1] = written;
      this.#lanes = mixed(this.#lanes, (HEADER_BYTES + end) / 4);
      at += read;
    } while (at < text.length);
  }

  /** The fingerprint of all that was added so far. */
  read(): Fingerprint {
    const [v0, v1, v2, v3, u0, u1, u2, u3] = this.#lanes;
    // The other lanes come in as words would, and nothing after: four rounds of each, the last ones of HalfSipHash.
    words.set([u0, 0, u1, 0, u2, 0, u3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const [a, b, c, d] = mixed([v0, v1, v2 ^ 0xee, v3, 0, 0, 0, 0], 16);
    return [a, b, c, d];
  }
}

/** A key that nobody knows. */
export function randomKey(): Fingerprint {
  const [a = 0, b = 0, c = 0, d = 0] = crypto.getRandomValues(new Int32Array(4));
  return [a, b, c, d];
}

/** The lanes after the first `count` words, an even number: one round of HalfSipHash for each. */
function mixed([v0, v1, v2, v3, u0, u1, u2, u3]: Lanes, count: number): Lanes {
  for (let at = 0; at < count; at += 2) {
    const word = words[at] ?? 0;
    const other = words[at + 1] ?? 0;
    v3 ^= word;
    u3 ^= other;
    v0 = (v0 + v1) | 0;
    u0 = (u0 + u1) | 0;
    v1 = (v1 << 5) | (v1 >>> 27);
    u1 = (u1 << 5) | (u1 >>> 27);
    v1 ^= v0;
    u1 ^= u0;
    v0 = (v0 << 16) | (v0 >>> 16);
    u0 = (u0 << 16) | (u0 >>> 16);
    v2 = (v2 + v3) | 0;
    u2 = (u2 + u3) | 0;
    v3 = (v3 << 8) | (v3 >>> 24);
    u3 = (u3 << 8) | (u3 >>> 24);
    v3 ^= v2;
    u3 ^= u2;
    v0 = (v0 + v3) | 0;
    u0 = (u0 + u3) | 0;
    v3 = (v3 << 7) | (v3 >>> 25);
    u3 = (u3 << 7) | (u3 >>> 25);
    v3 ^= v0;
    u3 ^= u0;
    v2 = (v2 + v1) | 0;
    u2 = (u2 + u1) | 0;
    v1 = (v1 << 13) | (v1 >>> 19);
    u1 = (u1 << 13) | (u1 >>> 19);
    v1 ^= v2;
    u1 ^= u2;
    v2 = (v2 << 16) | (v2 >>> 16);
    u2 = (u2 << 16) | (u2 >>> 16);
    v0 ^= word;
    u0 ^= other;
  }
  return [v0, v1, v2, v3, u0, u1, u2, u3];
}
