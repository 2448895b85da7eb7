import type { GuardRequest, Usage } from "@wflo/core";
import type { NativeRequest } from "./native-request.ts";

/** What is known of a priced request before it is sent. */
export interface Asked {
  readonly request: Pick<
    GuardRequest,
    "model" | "parts" | "follows" | "maxOutputTokens" | "outputs" | "canCap" | "reasoning" | "serviceTier"
  >;
  /** The most that may be billed by the piece, for models that are billed so. */
  readonly pieces?: Usage | undefined;
  /** The pieces are what is billed, not only the most of it: the answer need not tell. */
  readonly isExact?: boolean | undefined;
  /** Why the answer will not tell its usage, where that is so. */
  readonly silence?: string | undefined;
}

/** Reads a request of one endpoint. */
export type Asking = (native: NativeRequest, provider: string) => Asked;
