/**
 * What a provider says a call used. All but fees and the bill are integer counts of tokens; the totals include their parts, so
 * cached, cache-written, audio and image tokens are also in `inputTokens`, and reasoning, audio and image tokens
 * in `outputTokens`.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedInputTokens?: number;
  /**
   * Written to the prompt cache at the model's ordinary lifetime; other lifetimes are fees, such as
   * `cacheWrite12h`. The fee `cacheWrite1h` is a part of these.
   */
  readonly cacheWriteTokens?: number;
  readonly inputAudioTokens?: number;
  /** Where images have a price of their own. */
  readonly inputImageTokens?: number;
  readonly outputTokens: number;
  readonly reasoningTokens?: number;
  readonly outputAudioTokens?: number;
  readonly outputImageTokens?: number;
  /** Things billed by the piece beside tokens, such as `web_search`. */
  readonly fees?: readonly { readonly meter: string; readonly count: number }[];
  /** What the provider says that the call cost, where it tells, in whole nano-dollars (rounded up). */
  readonly billedNanoUsd?: number;
}

/** True for finite, non-negative, safe integer counts, with no part above its total. */
export function isUsage(value: unknown): value is Usage {
  if (typeof value !== "object" || value === null) return false;
  const usage = value as Partial<Record<keyof Usage, unknown>>;
  const { inputTokens, outputTokens } = usage;
  return (
    isCount(inputTokens) &&
    isCount(outputTokens) &&
    isPart(usage.cachedInputTokens, inputTokens) &&
    isPart(usage.cacheWriteTokens, inputTokens) &&
    isPart(usage.inputAudioTokens, inputTokens) &&
    isPart(usage.inputImageTokens, inputTokens) &&
    isPart(usage.reasoningTokens, outputTokens) &&
    isPart(usage.outputAudioTokens, outputTokens) &&
    isPart(usage.outputImageTokens, outputTokens) &&
    (usage.billedNanoUsd === undefined || isCount(usage.billedNanoUsd)) &&
    (usage.fees === undefined || (Array.isArray(usage.fees) && usage.fees.every(isFee)))
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPart(part: unknown, total: number): boolean {
  return part === undefined || (isCount(part) && part <= total);
}

function isFee(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fee = value as { readonly meter?: unknown; readonly count?: unknown };
  return typeof fee.meter === "string" && fee.meter !== "" && isCount(fee.count);
}
