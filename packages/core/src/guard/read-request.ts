import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { GuardRequest, RequestPart } from "./guard-request.ts";
import { RequestFingerprints, type Mix } from "./request-fingerprints.ts";
import { tokenBytes } from "./token-bytes.ts";
import { widestJson } from "./widest-json.ts";

/** What kind of text is mixed into a fingerprint; the numbers mean nothing else. */
const MIXED = { head: 1, tools: 2, follows: 3, text: 4, opaque: 5, key: 6, tokens: 7, uses: 8 } as const;

/** A part of a request as far as its tokens go. */
export interface ReadPart {
  /** The most tokens it can have by its bytes, or as it says; 0 for what neither bounds. */
  readonly bytes: number;
  /** The text itself, or what an opaque part is; empty where `bytes` is no count of a text. */
  readonly text: string;
  readonly isOpaque: boolean;
  /** Of an opaque part: the provider's id of it, if an answer had it. */
  readonly itemId: string | undefined;
  /** How long everything up to this part is, itself included, in units of UTF-16: not the same for two beginnings that are alike. */
  readonly end: number;
}

/** Work of the provider's own that a request allows a number of times. */
export type AllowedUses = Extract<RequestPart, { readonly kind: "uses" }>;

/** A request read once, for its bound now and for what its answer teaches later. */
export interface ReadRequest {
  /** What stands beside the parts, as JSON. */
  readonly tools: string;
  readonly toolBytes: number;
  readonly parts: readonly ReadPart[];
  readonly uses: readonly AllowedUses[];
  /** Of every beginning of it: provider, model, tools, the answer it follows, and its parts in order. */
  readonly fingerprints: RequestFingerprints;
}

/** Counts the bytes of a request. Throws `UnboundedRequestError` for work that nothing bounds. */
export function readRequest(request: GuardRequest, key: Fingerprint): ReadRequest {
  const { provider, model, host = "", follows } = request;
  const tools = request.tools === undefined ? "" : (widestJson(request.tools) ?? "");
  const head: Mix[] = [provider, model, host].map((text) => [MIXED.head, text]);
  head.push([MIXED.tools, tools]);
  if (follows !== undefined) head.push([MIXED.follows, follows]);
  const uses: AllowedUses[] = [];
  const known: (readonly Mix[])[] = [];
  let end = tools.length;
  const parts = request.parts.map((part, at): ReadPart => {
    const mixes = mixesOf(part);
    // What comes after something unknown is unknown.
    if (mixes !== undefined && known.length === at) known.push(mixes);
    for (const [, text] of mixes ?? []) end += text.length;
    if (typeof part !== "string" && part.kind === "uses") uses.push(part);
    return { ...sizeOf(part), end };
  });
  const fingerprints = new RequestFingerprints(key, head, known);
  return { tools, toolBytes: tokenBytes(tools), parts, uses, fingerprints };
}

function sizeOf(part: RequestPart): Omit<ReadPart, "end"> {
  const sized = { isOpaque: false, itemId: undefined };
  if (typeof part === "string") return { ...sized, bytes: tokenBytes(part), text: part };
  switch (part.kind) {
    case "text":
      return { ...sized, bytes: tokenBytes(part.text), text: part.text };
    case "opaque":
      return { bytes: 0, text: part.what, isOpaque: true, itemId: part.itemId };
    case "tokens":
      return { ...sized, bytes: part.atMost, text: "" };
    case "uses":
      return { ...sized, bytes: 0, text: "" };
    case "unbounded":
      throw new UnboundedRequestError(`it has ${part.what}, which is billed beyond the request`, part.bound);
  }
}

/** What tells a part from others; undefined for one whose content nobody can tell. */
function mixesOf(part: RequestPart): readonly Mix[] | undefined {
  if (typeof part === "string") return [[MIXED.text, part]];
  switch (part.kind) {
    case "text":
      return [[MIXED.text, part.text]];
    case "opaque":
      return part.key === undefined
        ? undefined
        : [
            [MIXED.opaque, part.what],
            [MIXED.key, part.key],
          ];
    case "tokens":
    case "uses":
      return [[MIXED[part.kind], `${part.atMost} ${part.what}`]];
    case "unbounded":
      return undefined;
  }
}
