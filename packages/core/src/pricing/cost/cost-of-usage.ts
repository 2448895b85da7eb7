import { divideUp, nanoUsdFromPico } from "../../money/rounding.ts";
import { feeRate } from "../rates/fee-rate.ts";
import { providerName } from "../rates/provider-name.ts";
import { picoUsdAt, type Meter, type Rate, type RateCard } from "../rates/rate-card.ts";
import { serviceTierDivisor } from "../rates/service-tier.ts";
import { isUsage, type Usage } from "../usage/usage.ts";

/** What a call cost, in nano-dollars. `missing` names what was used beyond the amount without a price. */
export type Cost =
  | { readonly kind: "known"; readonly nanoUsd: bigint; readonly lines: readonly CostLine[] }
  | {
      readonly kind: "lowerBound";
      readonly nanoUsd: bigint;
      readonly missing: readonly string[];
      readonly lines: readonly CostLine[];
    }
  | { readonly kind: "unknown"; readonly reason: string };

/** So many of a meter at so many pico-dollars each. */
export interface CostLine {
  readonly meter: string;
  readonly count: number;
  readonly picoUsd: bigint;
}

/** The fee that names a part of the cache writes. */
const HOURLY = "cacheWrite1h";

/** The providers whose answers tell, in dollars, what was taken from the account for them. */
const TELLS_BILL = new Set(["openrouter"]);

/**
 * The cost of a usage at a rate card: integers all the way, rounded up to a nano-dollar once. A halved
 * service tier rounds a rate up to a whole pico-dollar; no listed rate needs it. Cached input and images sent
 * in cost what input does without a rate of their own. Audio, cache writes or images made without a rate are
 * counted at the text rate and named in `missing`; so are fees without a price, and a service tier without one, which is
 * counted at the list price. What OpenRouter says that it took counts where it is more. Unknown for counts that cannot be right,
 * and where a model is billed by what the usage does not have.
 */
export function costOfUsage(input: {
  readonly card: RateCard;
  readonly usage: Usage;
  readonly serviceTier?: string | undefined;
}): Cost {
  const { card, usage } = input;
  if (!isUsage(usage)) return { kind: "unknown", reason: "the reported usage is not made of valid counts" };
  const priced = pricedUsage(card, usage, input.serviceTier);
  const billed = billedCost(card.provider, usage);
  if (billed === undefined || (priced.kind !== "unknown" && priced.nanoUsd > billed.nanoUsd)) return priced;
  return billed;
}

/** What a provider says that a call cost, where it is one that tells so in dollars; undefined for the others, and for nothing. */
export function billedCost(
  provider: string,
  { billedNanoUsd = 0 }: Usage,
): Extract<Cost, { readonly kind: "known" }> | undefined {
  if (billedNanoUsd === 0 || !TELLS_BILL.has(providerName(provider))) return undefined;
  const lines = [{ meter: "bill", count: billedNanoUsd, picoUsd: 1_000n }];
  return { kind: "known", nanoUsd: BigInt(billedNanoUsd), lines };
}

function pricedUsage(card: RateCard, usage: Usage, serviceTier: string | undefined): Cost {
  const { billedBy } = card;
  if (billedBy !== undefined && usage.fees?.some(({ meter }) => meter === billedBy) !== true)
    return { kind: "unknown", reason: `${card.id} is billed by ${billedBy}, which the usage does not tell` };

  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
  const { inputAudioTokens = 0, inputImageTokens = 0 } = usage;
  const { outputTokens, outputAudioTokens = 0, outputImageTokens = 0 } = usage;
  const plainInput = inputTokens - cachedInputTokens - cacheWriteTokens - inputAudioTokens - inputImageTokens;
  const plainOutput = outputTokens - outputAudioTokens - outputImageTokens;
  if (plainInput < 0) return unlikely("input");
  if (plainOutput < 0) return unlikely("output");

  const lines: CostLine[] = [];
  const missing: string[] = [];
  const { rates } = card;
  let divisor = serviceTierDivisor(card, serviceTier);
  if (typeof divisor !== "bigint") {
    missing.push(`the service tier "${serviceTier}"`);
    divisor = 1n;
  }
  const dividedBy = divisor;
  const charge = (meter: Meter, count: number, rate: Rate | undefined, textRate?: Rate) => {
    if (count === 0) return;
    if (!rate) missing.push(meter);
    const used = rate ?? textRate;
    if (used) lines.push({ meter, count, picoUsd: divideUp(picoUsdAt(used, inputTokens), dividedBy) });
  };
  charge("input", plainInput, rates.input);
  charge("cachedInput", cachedInputTokens, rates.cachedInput ?? rates.input);
  const hourly = rates.cacheWrite1h === undefined ? 0 : writtenForAnHour(usage);
  charge("cacheWrite", cacheWriteTokens - hourly, rates.cacheWrite, rates.input);
  charge("cacheWrite1h", hourly, rates.cacheWrite1h);
  charge("inputAudio", inputAudioTokens, rates.inputAudio, rates.input);
  charge("inputImage", inputImageTokens, rates.inputImage ?? rates.input);
  charge("output", plainOutput, rates.output);
  charge("outputAudio", outputAudioTokens, rates.outputAudio, rates.output);
  charge("outputImage", outputImageTokens, rates.outputImage, rates.output);
  const fees = usage.fees?.filter(({ meter }) => hourly === 0 || meter !== HOURLY);
  if (fees) chargeFees(card, fees, lines, missing);

  const nanoUsd = nanoUsdFromPico(lines.reduce((sum, line) => sum + line.picoUsd * BigInt(line.count), 0n));
  return missing.length === 0
    ? { kind: "known", nanoUsd, lines }
    : { kind: "lowerBound", nanoUsd, missing, lines };
}

/** How much of what was written to a cache is kept for an hour, at a price of its own: it is named as a fee. */
function writtenForAnHour({ fees = [], cacheWriteTokens = 0 }: Usage): number {
  const count = fees.reduce((sum, fee) => sum + (fee.meter === HOURLY ? fee.count : 0), 0);
  // More than was written is not to be read that way.
  return count <= cacheWriteTokens ? count : 0;
}

function unlikely(side: "input" | "output"): Cost {
  return { kind: "unknown", reason: `the parts of the reported ${side} add up to more than its total` };
}

function chargeFees(
  card: RateCard,
  fees: NonNullable<Usage["fees"]>,
  lines: CostLine[],
  missing: string[],
): void {
  for (const { meter, count } of fees) {
    if (count === 0) continue;
    const rate = feeRate(card, meter);
    if (rate) lines.push({ meter, count, picoUsd: rate.picoUsd });
    else missing.push(meter);
    if (rate?.alsoBilled !== undefined) missing.push(rate.alsoBilled);
  }
}
