const BLOCK = 256;
/** No character, the last of its block, and in no normal form. */
const BETWEEN = "\uffff";
const encoder = new TextEncoder();
/**
 * By block of code points: how many bytes each of its characters gains. Made when a text first has one of the block. All blocks have a
 * place from the start: an array with gaps is four times slower.
 */
const gains = Array.from({ length: 0x110000 / BLOCK }, (): Uint8Array | undefined => undefined);

/**
 * How many bytes a text in UTF-8, the first `end` of `bytes`, gains at most in NFKC: there ﷺ is 33 bytes instead of 3, and ½ is 5
 * instead of 2. Characters that are composed with others take no more bytes than they do by themselves. `words` are the same bytes.
 */
export function nfkcGain(bytes: Uint8Array, words: Int32Array, end: number): number {
  let gain = 0;
  let at = 0;
  while (at < end) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at += 1;
      // ASCII gains nothing: four at a time.
      while ((at & 3) === 0 && at + 4 <= end && ((words[at >> 2] ?? 0) & 0x80808080) === 0) at += 4;
    } else if (lead < 0xe0) {
      gain += gainOf(((lead & 0x1f) << 6) | low(bytes, at + 1));
      at += 2;
    } else if (lead < 0xf0) {
      gain += gainOf(((lead & 0x0f) << 12) | (low(bytes, at + 1) << 6) | low(bytes, at + 2));
      at += 3;
    } else {
      const high = ((lead & 0x07) << 18) | (low(bytes, at + 1) << 12);
      gain += gainOf(high | (low(bytes, at + 2) << 6) | low(bytes, at + 3));
      at += 4;
    }
  }
  return gain;
}

/** The six bits of a byte that goes on. */
function low(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) & 0x3f;
}

/** How many bytes a character gains in NFKC. */
export function gainOf(point: number): number {
  return (gains[point >> 8] ?? gainsOf(point >> 8))[point & 0xff] ?? 0;
}

function gainsOf(block: number): Uint8Array {
  const characters = Array.from({ length: BLOCK }, (_, at) => String.fromCodePoint(block * BLOCK + at));
  const normal = characters.join(BETWEEN).normalize("NFKC").split(BETWEEN);
  const found = new Uint8Array(BLOCK);
  for (const [at, character] of characters.entries()) {
    const form = normal[at] ?? "";
    if (form !== character) found[at] = Math.max(0, bytesOf(form) - bytesOf(character));
  }
  gains[block] = found;
  return found;
}

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
