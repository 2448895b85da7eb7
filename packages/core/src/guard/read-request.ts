import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import { Fingerprinter, type Fingerprint } from "./fingerprint.ts";
import type { GuardRequest, RequestPart } from "./guard-request.ts";

/** What kind of text is mixed into a fingerprint; the numbers mean nothing else. */
const MIXED = { head: 1, tools: 2, follows: 3, text: 4, opaque: 5, key: 6 } as const;

/** A part of a request as far as its tokens go. */
export interface ReadPart {
  /** Bytes in UTF-8, 0 for what bytes do not bound. */
  readonly bytes: number;
  /** The text itself, or what an opaque part is. */
  readonly text: string;
  readonly isOpaque: boolean;
  /** Of an opaque part: the provider's id of it, if an answer had it. */
  readonly itemId: string | undefined;
  /** Of everything up to this part, itself included; undefined from the first part on whose content nobody can tell. */
  readonly fingerprint: Fingerprint | undefined;
}

/** A request read once, for its bound now and for what its answer teaches later. */
export interface ReadRequest {
  /** What stands beside the parts, as JSON. */
  readonly tools: string;
  readonly toolBytes: number;
  readonly parts: readonly ReadPart[];
}

/**
 * Counts the bytes of a request and fingerprints every beginning of it: provider, model, tools, the answer it follows, and its
 * parts in order. Throws `UnboundedRequestError` for work that nothing bounds.
 */
export function readRequest(request: GuardRequest, key: Fingerprint): ReadRequest {
  const hash = new Fingerprinter(key);
  hash.add(MIXED.head, request.provider);
  hash.add(MIXED.head, request.model);
  hash.add(MIXED.head, request.host ?? "");
  const tools = request.tools === undefined ? "" : (JSON.stringify(request.tools) ?? "");
  const toolBytes = hash.add(MIXED.tools, tools);
  if (request.follows !== undefined) hash.add(MIXED.follows, request.follows);
  let isKnown = true;
  const parts = request.parts.map((part): ReadPart => {
    if (typeof part !== "string" && part.kind === "opaque") {
      hash.add(MIXED.opaque, part.what);
      if (part.key === undefined) isKnown = false;
      else hash.add(MIXED.key, part.key);
      const fingerprint = isKnown ? hash.read() : undefined;
      return { bytes: 0, text: part.what, isOpaque: true, itemId: part.itemId, fingerprint };
    }
    const text = textOf(part);
    const bytes = hash.add(MIXED.text, text);
    const fingerprint = isKnown ? hash.read() : undefined;
    return { bytes, text, isOpaque: false, itemId: undefined, fingerprint };
  });
  return { tools, toolBytes, parts };
}

function textOf(part: Exclude<RequestPart, { readonly kind: "opaque" }>): string {
  if (typeof part === "string") return part;
  switch (part.kind) {
    case "text":
      return part.text;
    case "unbounded":
      throw new UnboundedRequestError(`it has ${part.what}, which is billed beyond the request`);
  }
}
