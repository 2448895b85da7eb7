import type { RequestPart } from "./guard-request.ts";
import { tokenBytes } from "./token-bytes.ts";

/** A part of a request as far as its tokens go. */
export interface ReadPart {
  /** The most tokens it can have, by its bytes or as it says; 0 for what neither bounds. */
  readonly bytes: number;
  /** No more than `bytes`, and known without counting them. */
  readonly least: number;
  /** The text itself, or what an opaque part is; empty where `bytes` is no count of a text. */
  readonly text: string;
  readonly isOpaque: boolean;
  /** Of an opaque part: the provider's id of it, if an answer had it. */
  readonly itemId: string | undefined;
  /** How long everything up to this part is, itself included, in units of UTF-16: not the same for two beginnings that are alike. */
  readonly end: number;
}

/** Reads a part of any kind but `unbounded`. */
export function readPart(part: Exclude<RequestPart, { readonly kind: "unbounded" }>, end: number): ReadPart {
  if (typeof part === "string") return new TextPart(part, end);
  const sized = { isOpaque: false, itemId: undefined, end };
  switch (part.kind) {
    case "text":
      return new TextPart(part.text, end);
    case "opaque":
      return { bytes: 0, least: 0, text: part.what, isOpaque: true, itemId: part.itemId, end };
    case "tokens":
      return { ...sized, bytes: part.atMost, least: part.atMost, text: "" };
    case "uses":
      return { ...sized, bytes: 0, least: 0, text: "" };
  }
}

/** Its bytes are counted when somebody asks for them: what an answer told of is not counted again. */
class TextPart implements ReadPart {
  readonly isOpaque = false;
  readonly itemId = undefined;
  readonly text: string;
  readonly end: number;
  #bytes: number | undefined;

  constructor(text: string, end: number) {
    this.text = text;
    this.end = end;
  }

  get bytes(): number {
    return (this.#bytes ??= tokenBytes(this.text));
  }

  get least(): number {
    return this.text.length;
  }
}
