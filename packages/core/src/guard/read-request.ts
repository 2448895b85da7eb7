import { UnboundedRequestError } from "../errors/unbounded-request-error.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { GuardRequest, RequestPart } from "./guard-request.ts";
import { readPart, type ReadPart } from "./read-part.ts";
import { RequestFingerprints } from "./request-fingerprints.ts";
import { tokenBytes } from "./token-bytes.ts";
import { widestJson } from "./widest-json.ts";

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

/** Reads the parts of a request in order. Throws `UnboundedRequestError` for work that nothing bounds. */
export function readRequest(request: GuardRequest, key: Fingerprint): ReadRequest {
  const tools = request.tools === undefined ? "" : (widestJson(request.tools) ?? "");
  const uses: AllowedUses[] = [];
  let end = tools.length;
  const parts = request.parts.map((part): ReadPart => {
    if (typeof part !== "string" && part.kind === "unbounded")
      throw new UnboundedRequestError(`it has ${part.what}, which is billed beyond the request`, part.bound);
    if (typeof part !== "string" && part.kind === "uses") uses.push(part);
    end += lengthOf(part);
    return readPart(part, end);
  });
  const fingerprints = new RequestFingerprints(key, request, tools);
  return { tools, toolBytes: tokenBytes(tools), parts, uses, fingerprints };
}

function lengthOf(part: RequestPart): number {
  if (typeof part === "string") return part.length;
  if (part.kind === "text") return part.text.length;
  return part.what.length + (part.kind === "opaque" ? (part.key?.length ?? 0) : 0);
}
