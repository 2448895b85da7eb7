/**
 * What a provider says a call used. Counts are whole numbers of tokens; the totals include their parts, so cached, cache-written,
 * audio, image and video tokens are also in `inputTokens`, and reasoning, audio, image and video tokens in `outputTokens`. No token is
 * in two parts but for those of a part's own parts.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedInputTokens?: number;
  /** Of the cached ones, those with a price of their own. */
  readonly cachedInputAudioTokens?: number;
  readonly cachedInputImageTokens?: number;
  /** Written to the prompt cache. */
  readonly cacheWriteTokens?: number;
  /** Of those written, the ones that are kept for an hour. Other lifetimes are fees, such as `cacheWrite12h`. */
  readonly cacheWrite1hTokens?: number;
  /** Not from the cache. */
  readonly inputAudioTokens?: number;
  readonly inputImageTokens?: number;
  readonly inputVideoTokens?: number;
  readonly outputTokens: number;
  readonly reasoningTokens?: number;
  readonly outputAudioTokens?: number;
  readonly outputImageTokens?: number;
  readonly outputVideoTokens?: number;
  /** Input tokens of the longest request, where several were made and the total is their sum: prices depend on it. */
  readonly contextTokens?: number;
  /** True where the counts are the sum of several requests of which none is told: what a long one costs depends on each. */
  readonly isUnsplit?: boolean;
  /** Things billed by the piece beside tokens, such as `web_search`. */
  readonly fees?: readonly { readonly meter: string; readonly count: number }[];
  /** What changes the price of tokens beside the service tier, such as `inference_geo:us` or `speed:fast`. */
  readonly modifiers?: readonly string[];
  /** What other models, or other requests, did for the same answer; not in the counts above. */
  readonly others?: readonly SideUsage[];
  /** What the provider says that the call cost, where it tells, in whole pico-dollars (rounded up). */
  readonly reportedPicoUsd?: number;
}

/** The work of another request for the same answer. */
export interface SideUsage {
  /** Default: the model of the answer. */
  readonly model?: string;
  readonly usage: Usage;
}

const MAX_DEPTH = 3;
const PARTS_OF: Readonly<Partial<Record<keyof Usage, keyof Usage>>> = {
  cachedInputTokens: "inputTokens",
  cachedInputAudioTokens: "cachedInputTokens",
  cachedInputImageTokens: "cachedInputTokens",
  cacheWriteTokens: "inputTokens",
  cacheWrite1hTokens: "cacheWriteTokens",
  inputAudioTokens: "inputTokens",
  inputImageTokens: "inputTokens",
  inputVideoTokens: "inputTokens",
  reasoningTokens: "outputTokens",
  outputAudioTokens: "outputTokens",
  outputImageTokens: "outputTokens",
  outputVideoTokens: "outputTokens",
  contextTokens: "inputTokens",
};
const PARTS = Object.entries(PARTS_OF) as [keyof Usage, keyof Usage][];

/** True for finite, non-negative, safe integer counts, with no part above its total. */
export function isUsage(value: unknown, depth = 0): value is Usage {
  if (typeof value !== "object" || value === null) return false;
  const usage = value as Partial<Record<keyof Usage, unknown>>;
  if (!isCount(usage.inputTokens) || !isCount(usage.outputTokens)) return false;
  for (const [part, total] of PARTS) {
    const count = usage[part];
    if (count !== undefined && !(isCount(count) && count <= ((usage[total] as number | undefined) ?? 0)))
      return false;
  }
  const { reportedPicoUsd, fees, modifiers, others, isUnsplit } = usage;
  return (
    (isUnsplit === undefined || typeof isUnsplit === "boolean") &&
    (reportedPicoUsd === undefined || isCount(reportedPicoUsd)) &&
    (fees === undefined || (Array.isArray(fees) && fees.every(isFee))) &&
    (modifiers === undefined || (Array.isArray(modifiers) && modifiers.every(isText))) &&
    (others === undefined || (Array.isArray(others) && others.every((side) => isSide(side, depth + 1))))
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isFee(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fee = value as { readonly meter?: unknown; readonly count?: unknown };
  return isText(fee.meter) && isCount(fee.count);
}

function isSide(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return false;
  const side = value as { readonly model?: unknown; readonly usage?: unknown };
  return (side.model === undefined || isText(side.model)) && isUsage(side.usage, depth);
}
