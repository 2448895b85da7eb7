import type { LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider";

/** A piece of an answer, whole or streamed. */
type Piece = LanguageModelV4Content | LanguageModelV4StreamPart;

const FILES: readonly string[] = ["file", "reasoning-file"];

/** The same pieces as plain data: files may be of classes that are not saved, addresses and bytes of all kinds. */
export function withPlainFiles<Kind extends Piece>(pieces: readonly Kind[]): Kind[] {
  return pieces.map((piece) => withData(piece, plainData));
}

/** The pieces that plain ones were made of. */
export function withFiles<Kind extends Piece>(pieces: readonly Kind[]): Kind[] {
  return pieces.map((piece) => withData(piece, dataOf));
}

function withData<Kind extends Piece>(piece: Kind, change: (data: unknown) => unknown): Kind {
  return FILES.includes(piece.type) && "data" in piece ? { ...piece, data: change(piece.data) } : piece;
}

function plainData(data: unknown): unknown {
  // In the specifications v2 and v3 the bytes stand there themselves.
  if (data instanceof Uint8Array) return new Uint8Array(data);
  if (isTagged(data) && data.url instanceof URL) return { ...data, url: data.url.href };
  return isTagged(data) && data.data instanceof Uint8Array
    ? { ...data, data: new Uint8Array(data.data) }
    : data;
}

function dataOf(plain: unknown): unknown {
  return isTagged(plain) && typeof plain.url === "string" ? { ...plain, url: new URL(plain.url) } : plain;
}

function isTagged(data: unknown): data is { readonly url?: unknown; readonly data?: unknown } {
  return typeof data === "object" && data !== null && "type" in data;
}
