import type { Usage } from "./usage.ts";

/** The properties of an object of unknown kind, plain or a class instance. */
export type Fields = Readonly<Record<string, unknown>>;

/** What was read of a response; `usage` still has to be checked. */
export interface Reading {
  readonly usage: unknown;
  readonly model?: unknown;
  readonly serviceTier?: unknown;
}

/** Counts as they stand in a response. A count is a number, or null or undefined where it was not reported. */
export interface ReadCounts {
  readonly input: unknown;
  readonly output: unknown;
  readonly cached?: unknown;
  readonly written?: unknown;
  readonly inputAudio?: unknown;
  readonly reasoning?: unknown;
  readonly outputAudio?: unknown;
  readonly outputImage?: unknown;
  readonly fees?: NonNullable<Usage["fees"]>;
}

/** The object as fields; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

/** The objects of a list; none when it is no list. */
export function listOf(value: unknown): readonly Fields[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.map(fieldsOf).filter((item) => item !== undefined);
}

/** The sum of counts, of which those not reported count nothing; NaN when one is no number, so that it is no count. */
export function sumOf(...counts: readonly unknown[]): number {
  let sum = 0;
  for (const count of counts) {
    if (count === undefined || count === null) continue;
    if (typeof count !== "number" || count < 0) return NaN;
    sum += count;
  }
  return sum;
}

/** Output as reported, or what the total has beyond the input where that is more: thoughts may stand outside the output. */
export function wholeOutput(input: unknown, output: unknown, total: unknown): number {
  const said = sumOf(output);
  if (total === undefined || total === null) return said;
  return Math.max(said, sumOf(total) - sumOf(input));
}

/** A fee line, or none for a count of zero. */
export function feesOf(counts: Readonly<Record<string, unknown>>): NonNullable<Usage["fees"]> {
  return Object.entries(counts)
    .map(([meter, count]) => ({ meter, count: sumOf(count) }))
    .filter(({ count }) => count !== 0);
}

/** A usage without the parts that are zero or not reported. */
export function usageFrom(counts: ReadCounts): unknown {
  const part = (name: keyof Usage, count: unknown) =>
    count === undefined || count === null || count === 0 ? {} : { [name]: count };
  return {
    inputTokens: counts.input,
    ...part("cachedInputTokens", counts.cached),
    ...part("cacheWriteTokens", counts.written),
    ...part("inputAudioTokens", counts.inputAudio),
    outputTokens: counts.output,
    ...part("reasoningTokens", counts.reasoning),
    ...part("outputAudioTokens", counts.outputAudio),
    ...part("outputImageTokens", counts.outputImage),
    ...(counts.fees === undefined || counts.fees.length === 0 ? {} : { fees: counts.fees }),
  };
}
