import { nfkcGain } from "./nfkc-gain.ts";

const CHUNK_BYTES = 64 * 1024;
const encoder = new TextEncoder();
const bytes = new Uint8Array(CHUNK_BYTES);
const words = new Int32Array(bytes.buffer);

/**
 * The most tokens that a text can have, since a token is at least one byte of what a tokenizer reads: its bytes in UTF-8, and
 * what they gain where the tokenizer reads NFKC, as Anthropic's published one does (@anthropic-ai/tokenizer) and those of many
 * embedding models (SentencePiece's `nmt_nfkc`). A lone surrogate counts as U+FFFD, 3 bytes.
 */
export function tokenBytes(text: string): number {
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
