import { gainOf, nfkcGain } from "./nfkc-gain.ts";

const CHUNK_BYTES = 64 * 1024;
/** Of so many characters at its beginning… */
const SAMPLE = 100;
/** …more than these are other than ASCII: counting characters is then faster than encoding them. */
const MANY = 20;
const encoder = new TextEncoder();
const bytes = new Uint8Array(CHUNK_BYTES);
const words = new Int32Array(bytes.buffer);

/**
 * The most tokens that a text can have, since a token is at least one byte of what a tokenizer reads: its bytes in UTF-8, and
 * what they gain where the tokenizer reads NFKC, as Anthropic's published one does (@anthropic-ai/tokenizer) and those of many
 * embedding models (SentencePiece's `nmt_nfkc`). A lone surrogate counts as U+FFFD, 3 bytes.
 */
export function tokenBytes(text: string): number {
  const others = nonAscii(text);
  if (others === 0 && text.length <= SAMPLE) return text.length;
  if (others > MANY) return countedBytes(text);
  let total = 0;
  let at = 0;
  while (at < text.length) {
    const { read, written } = encoder.encodeInto(at === 0 ? text : text.slice(at), bytes);
    total += written;
    if (written > read) total += nfkcGain(bytes, words, written);
    at += read;
  }
  return total;
}

function nonAscii(text: string): number {
  const end = Math.min(text.length, SAMPLE);
  let count = 0;
  for (let at = 0; at < end; at += 1) if (text.charCodeAt(at) > 0x7f) count += 1;
  return count;
}

function countedBytes(text: string): number {
  let total = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) total += 1;
    else if (unit < 0x800) total += 2 + gainOf(unit);
    else if (unit < 0xd800 || unit > 0xdfff) total += 3 + gainOf(unit);
    else {
      const point = text.codePointAt(at) ?? unit;
      total += point > 0xffff ? 4 + gainOf(point) : 3;
      if (point > 0xffff) at += 1;
    }
  }
  return total;
}
