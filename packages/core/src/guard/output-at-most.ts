import type { StreamedOutput } from "./guard-request.ts";

/** A provider goes on for about so long after its reader left: the way there and back, and its own batches. */
const NOTICE_MS = 2_000;
/** Bursts of so many times the pace seen so far. */
const BURST = 2;
/** In less time than this no pace can be seen. */
const PACE_MS = 500;
/** What the fastest provider makes in the time it takes to notice, for as long as no pace was seen: 2,000 tokens a second. */
const UNKNOWN_PACE_TOKENS = 4_096;
const LEAST_TOKENS = 256;

/**
 * An upper bound on the output tokens of an answer that broke off: a token is at least one byte of what came in, and what was
 * made and never arrived is bounded by the pace at which the rest came. It assumes that everything billed is shown, and that it
 * was read as fast as it came.
 */
export function outputTokensAtMost({ bytes, pieces }: StreamedOutput, elapsedMs: number): number {
  const onItsWay =
    elapsedMs < PACE_MS
      ? UNKNOWN_PACE_TOKENS
      : Math.max(LEAST_TOKENS, Math.ceil((pieces / elapsedMs) * NOTICE_MS * BURST));
  return bytes + onItsWay;
}
