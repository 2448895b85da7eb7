/** A provider goes on for about so long after its reader left: the way there and back, and its own batches. */
const NOTICE_MS = 2_000;
/** In less time than this no pace can be seen. */
const UNSEEN_MS = 500;
/** What the fastest provider makes in the time it takes to notice, for as long as no pace was seen: 2,000 tokens a second. */
const UNSEEN_PACE_TOKENS = 4_096;
const LEAST_TOKENS = 256;

/** What was seen of an answer that broke off. */
export interface SeenOutput {
  /** All its text, in UTF-8. */
  readonly bytes: number;
  /** Since the first of them. Milliseconds. */
  readonly elapsedMs: number;
  /** The pace of its fastest stretch. */
  readonly bytesPerMs: number;
}

/**
 * An upper bound on the output tokens of an answer that broke off: a token is at least one byte of what came in, and what was
 * made and never arrived is bounded by the fastest pace, in bytes as well, at which the rest came. Bytes, since a provider may put
 * any number of tokens into one event; and ordinary text has several bytes a token, which leaves room for bursts. It assumes that
 * everything billed is shown, and that what had come was read (see `OutputWatch.caughtUp`).
 */
export function outputTokensAtMost({ bytes, elapsedMs, bytesPerMs }: SeenOutput): number {
  const least = elapsedMs < UNSEEN_MS ? UNSEEN_PACE_TOKENS : LEAST_TOKENS;
  return bytes + Math.max(least, Math.ceil(bytesPerMs * NOTICE_MS));
}
