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
  readonly cachedAudio?: unknown;
  readonly cachedImage?: unknown;
  readonly written?: unknown;
  readonly writtenForAnHour?: unknown;
  readonly inputAudio?: unknown;
  readonly inputImage?: unknown;
  readonly inputVideo?: unknown;
  readonly reasoning?: unknown;
  readonly outputAudio?: unknown;
  readonly outputImage?: unknown;
  readonly outputVideo?: unknown;
  readonly isUnsplit?: boolean;
  /** It is of a model that also makes sound or pictures. */
  readonly isMedia?: boolean;
  readonly fees?: NonNullable<Usage["fees"]>;
  readonly modifiers?: readonly string[];
  readonly reported?: number | undefined;
}

/** Whether a name is that of a model that may make sound or pictures. */
export function makesMedia(model: unknown): boolean {
  return (
    typeof model === "string" &&
    /audio|image|live|omni|realtime|speech|tts|video|voice|lyria|sonic/i.test(model)
  );
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

/** Whether a value is a list with something in it. */
export function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
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

/** Dollars as a provider writes them, in whole pico-dollars (rounded up); undefined for what is no amount. */
export function picoUsdOf(dollars: unknown): number | undefined {
  const amount = typeof dollars === "string" && dollars !== "" ? Number(dollars) : dollars;
  if (typeof amount !== "number" || !(amount >= 0)) return undefined;
  // Without the dust of binary fractions: 0.0436 is no more than 43,600,000,000. A double has 15 digits.
  const pico = Math.ceil(Number((Number(amount.toPrecision(15)) * 1e12).toPrecision(15)));
  return Number.isSafeInteger(pico) ? pico : undefined;
}

/** A usage without the parts that are zero or not reported. */
export function usageFrom(counts: ReadCounts): unknown {
  const part = (name: keyof Usage, count: unknown) =>
    count === undefined || count === null || count === 0 ? {} : { [name]: count };
  const list = (name: keyof Usage, items: readonly unknown[] | undefined) =>
    items === undefined || items.length === 0 ? {} : { [name]: items };
  return {
    inputTokens: counts.input,
    ...part("cachedInputTokens", counts.cached),
    ...part("cachedInputAudioTokens", counts.cachedAudio),
    ...part("cachedInputImageTokens", counts.cachedImage),
    ...part("cacheWriteTokens", counts.written),
    ...part("cacheWrite1hTokens", counts.writtenForAnHour),
    ...part("inputAudioTokens", counts.inputAudio),
    ...part("inputImageTokens", counts.inputImage),
    ...part("inputVideoTokens", counts.inputVideo),
    outputTokens: counts.output,
    ...part("reasoningTokens", counts.reasoning),
    // Zero tells that it was told apart, where that makes a difference.
    ...(counts.outputAudio === 0 && counts.isMedia === true ? { outputAudioTokens: 0 } : {}),
    ...part("outputAudioTokens", counts.outputAudio),
    ...part("outputImageTokens", counts.outputImage),
    ...part("outputVideoTokens", counts.outputVideo),
    ...(counts.isUnsplit === true ? { isUnsplit: true } : {}),
    ...list("fees", counts.fees),
    ...list("modifiers", counts.modifiers),
    ...part("reportedPicoUsd", counts.reported),
  };
}
