import type { AnswerUsage } from "./answer.ts";

/**
 * What a provider would bill: tokens, pictures made, seconds of audio heard, characters spoken. Cached, cache-written, image and
 * audio tokens are part of the input, reasoning is part of the output. Which of these a model is billed by is the model's matter.
 */
export type ServedTokens = Readonly<AnswerUsage>;

type Bill = { -readonly [Unit in keyof ServedTokens]: number };

const UNITS = [
  "inputTokens",
  "cachedTokens",
  "cacheWriteTokens",
  "imageTokens",
  "audioTokens",
  "outputTokens",
  "reasoningTokens",
  "images",
  "seconds",
  "characters",
] as const satisfies readonly (keyof ServedTokens)[];

/** An empty bill, to be added to. */
export function emptyBill(): Bill {
  return Object.fromEntries(UNITS.map((unit) => [unit, 0])) as unknown as Bill;
}

/** Adds to a bill what another one has grown by. */
export function addGrowth(bill: Bill, before: ServedTokens | undefined, now: ServedTokens): void {
  // Called for every piece of every stream.
  for (const unit of UNITS) bill[unit] += now[unit] - (before?.[unit] ?? 0);
}

/** Adds bills up, unit by unit. */
export function sumServed(bills: readonly ServedTokens[]): ServedTokens {
  const sum = emptyBill();
  for (const bill of bills) addGrowth(sum, undefined, bill);
  return sum;
}

/** The part of an answer's usage that is made once so many output tokens are: all of the input, and pictures at the end. */
export function servedAt(usage: AnswerUsage, outputTokens: number): ServedTokens {
  const images = outputTokens >= usage.outputTokens ? usage.images : 0;
  const reasoningTokens = Math.min(usage.reasoningTokens, outputTokens);
  return { ...usage, outputTokens, reasoningTokens, images };
}
