import { feeRate } from "../rates/fee-rate.ts";
import { modifiedRates, tierModifier } from "../rates/modified-rates.ts";
import {
  picoUsdAt,
  piecesOf,
  type Meter,
  type Rate,
  type RateCard,
  type Rates,
  type UnknownRate,
} from "../rates/rate-card.ts";
import { isUsage, type Usage } from "../usage/usage.ts";
import { costOfLines, type Cost, type CostLine } from "./cost.ts";
import { withReported } from "./reported-cost.ts";

/** What a usage is priced with. */
export interface UsageToPrice {
  readonly card: RateCard;
  /** Who was asked, where it passes on the prices of others. Default: the card's. */
  readonly provider?: string | undefined;
  readonly usage: Usage;
  readonly serviceTier?: string | undefined;
  /** The cards of other models that worked for the answer; without it their work is named in `missing`. */
  readonly cardOf?: ((model: string) => RateCard | UnknownRate) | undefined;
  /** True: it was read from an answer, so that what it does not tell is not known; a caller who counts himself leaves out what was none. */
  readonly isRead?: boolean | undefined;
  /** True: what the provider itself says that it took is the cost, where it is one that tells. */
  readonly trustReported?: boolean | undefined;
}

/** Capacity that was bought: a request costs nothing of its own, and no list tells what it is worth. */
const PREPAID = new Set(
  ["provisioned_throughput", "reserved", "scale"].map((tier) => `service_tier:${tier}`),
);

/** Where a request was served: that holds for all who worked for it. */
const PLACE = /^(?:endpoint|inference_geo):/;

/** Named in `missing` where one of several requests may have been dearer for its length. */
export const LONG_REQUESTS = "the price of long requests, which are not told apart";

interface Bill {
  readonly lines: CostLine[];
  readonly missing: string[];
}

/**
 * The cost of a usage at a rate card: integers all the way, rounded up once. Cached input, images and video sent in cost what input
 * does without a rate of their own. Audio and cache writes, and audio, images or video made, are counted at the text rate and named in
 * `missing` without one; so are fees without a price, and a service tier without one, which is counted at the list price. What a
 * provider says that it took counts where it is more, or where the rest is not known. Unknown for counts that cannot be right, and
 * where a model is billed by what the usage does not have.
 */
export function costOfUsage(input: UsageToPrice): Cost {
  const { card, usage } = input;
  if (!isUsage(usage)) return { kind: "unknown", reason: "the reported usage is not made of valid counts" };
  const { provider = card.provider, trustReported = false } = input;
  return withReported({ cost: priced(input), card, provider, usage, trustReported });
}

function priced(input: UsageToPrice): Cost {
  const bill: Bill = { lines: [], missing: [] };
  const trouble = chargeUsage(bill, input, undefined);
  if (trouble !== undefined) return { kind: "unknown", reason: trouble };
  const cost = costOfLines(bill.lines, bill.missing);
  // A bound of nothing tells nothing.
  return cost.kind === "lowerBound" && cost.picoUsd === 0n
    ? { kind: "unknown", reason: `${input.card.id} has no price for ${cost.missing.join(", ")}` }
    : cost;
}

/** Adds what a usage costs; returns why it cannot be priced. */
function chargeUsage(bill: Bill, input: UsageToPrice, model: string | undefined): string | undefined {
  const { card, usage } = input;
  const pieces = piecesOf(card);
  if (pieces.length > 0 && usage.fees?.some(({ meter }) => pieces.includes(meter)) !== true)
    return `${card.id} is billed by ${pieces.join(" or ")}, which the usage does not tell`;
  // Where a model is billed by pieces, its tokens are told beside them.
  const isByToken = pieces.length === 0;
  const trouble = (isByToken ? chargeTokens(bill, input, model) : undefined) ?? chargeOthers(bill, input);
  chargeFees(bill, input, model);
  return trouble;
}

function chargeTokens(
  { lines, missing }: Bill,
  { card, usage, serviceTier, isRead = false }: UsageToPrice,
  model: string | undefined,
): string | undefined {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const { inputAudioTokens = 0, inputImageTokens = 0, inputVideoTokens = 0 } = usage;
  const { cachedInputAudioTokens = 0, cachedInputImageTokens = 0 } = usage;
  const { outputTokens, outputAudioTokens = 0, outputImageTokens = 0, outputVideoTokens = 0 } = usage;
  const special = inputAudioTokens + inputImageTokens + inputVideoTokens;
  const plainInput = inputTokens - cachedInputTokens - cacheWriteTokens - special;
  const plainCached = cachedInputTokens - cachedInputAudioTokens - cachedInputImageTokens;
  const plainOutput = outputTokens - outputAudioTokens - outputImageTokens - outputVideoTokens;
  if (plainInput < 0 || plainCached < 0) return unlikely("input");
  if (plainOutput < 0) return unlikely("output");

  // Of requests that are not told apart each has at least the price of a short one.
  const context = usage.isUnsplit === true ? 0 : (usage.contextTokens ?? inputTokens);
  const modifiers = modifiersOf(serviceTier, usage);
  const { rates, unpriced } = modifiedRates(card, modifiers, context);
  const prepaid = unpriced.find((modifier) => PREPAID.has(modifier));
  if (prepaid !== undefined) return `it was served by ${nameOf(prepaid)}, which is paid for in advance`;
  for (const modifier of unpriced) missing.push(nameOf(modifier));
  const charge = (meter: Meter, count: number, rate: Rate | undefined, textRate?: Rate) => {
    if (count === 0) return;
    if (!rate) missing.push(meter);
    const used = rate ?? textRate;
    if (used) lines.push({ meter, count, picoUsd: picoUsdAt(used, context), ...(model ? { model } : {}) });
  };
  if (usage.isUnsplit === true && mayBeLong(card, rates, inputTokens)) missing.push(LONG_REQUESTS);
  const cached = rates.cachedInput ?? rates.input;
  charge("input", plainInput, rates.input);
  charge("cachedInput", plainCached, cached);
  charge("cachedInputAudio", cachedInputAudioTokens, rates.cachedInputAudio, rates.inputAudio ?? cached);
  charge("cachedInputImage", cachedInputImageTokens, rates.cachedInputImage ?? cached);
  charge("cacheWrite", cacheWriteTokens - cacheWrite1hTokens, rates.cacheWrite, rates.input);
  charge("cacheWrite1h", cacheWrite1hTokens, rates.cacheWrite1h, rates.cacheWrite ?? rates.input);
  charge("inputAudio", inputAudioTokens, rates.inputAudio, rates.input);
  charge("inputImage", inputImageTokens, rates.inputImage ?? rates.input);
  charge("inputVideo", inputVideoTokens, rates.inputVideo ?? rates.input);
  const thought = rates.reasoning ? Math.min(usage.reasoningTokens ?? 0, plainOutput) : 0;
  charge("output", plainOutput - thought, rates.output);
  charge("reasoning", thought, rates.reasoning);
  if (isRead) missing.push(...untoldParts(usage, rates));
  charge("outputAudio", outputAudioTokens, rates.outputAudio, rates.output);
  charge("outputImage", outputImageTokens, rates.outputImage, rates.output);
  charge("outputVideo", outputVideoTokens, rates.outputVideo, rates.output);
  return undefined;
}

/** For sentences: `the service tier "flex"`. */
function nameOf(modifier: string): string {
  const [name = "", value = ""] = modifier.split(":", 2);
  return `the ${name.replaceAll("_", " ")} "${value}"`;
}

/** Kinds of output that cost more than text, of which the usage does not tell whether there were any. */
function untoldParts(usage: Usage, { output, ...rates }: Rates): readonly string[] {
  if (usage.outputTokens === 0 || output === undefined) return [];
  const kinds = [
    ["outputAudio", rates.outputAudio, usage.outputAudioTokens],
    ["outputImage", rates.outputImage, usage.outputImageTokens],
    ["outputVideo", rates.outputVideo, usage.outputVideoTokens],
  ] as const;
  // Where one kind was told, they were told apart.
  if (kinds.some(([, , count]) => count !== undefined)) return [];
  return kinds.flatMap(([meter, rate]) =>
    rate && rate.picoUsd > output.picoUsd ? [`${meter}, which is not told apart from text`] : [],
  );
}

/** Whether one of several requests may have been dearer for its length: none is longer than what the model can read. */
export function mayBeLong(
  { contextWindow = Infinity }: RateCard,
  rates: Rates,
  inputTokens: number,
): boolean {
  const most = Math.min(inputTokens, contextWindow);
  return Object.values(rates).some(({ tiers }) => tiers.some((tier) => tier.aboveInputTokens < most));
}

function modifiersOf(serviceTier: string | undefined, { modifiers = [] }: Usage): readonly string[] {
  const tier = tierModifier(serviceTier);
  return tier === undefined ? modifiers : [tier, ...modifiers];
}

function unlikely(side: "input" | "output"): string {
  return `the parts of the reported ${side} add up to more than its total`;
}

function chargeOthers(bill: Bill, input: UsageToPrice): string | undefined {
  for (const { model, usage } of input.usage.others ?? []) {
    const card = model === undefined ? input.card : input.cardOf?.(model);
    if (card === undefined || "unknown" in card) {
      bill.missing.push(`the work of ${model}`);
      continue;
    }
    const places = (input.usage.modifiers ?? []).filter((modifier) => PLACE.test(modifier));
    const own = { ...usage, modifiers: [...new Set([...(usage.modifiers ?? []), ...places])] };
    // A request of its own may have been served by a tier of its own.
    const isTold = own.modifiers.some((modifier) => modifier.startsWith("service_tier:"));
    const serviceTier = isTold ? undefined : input.serviceTier;
    const trouble = chargeUsage(bill, { ...input, card, usage: own, serviceTier }, model);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function chargeFees(
  { lines, missing }: Bill,
  { card, usage, serviceTier }: UsageToPrice,
  model: string | undefined,
): void {
  const { fees = [] } = usage;
  // Some models cost something for each request, whatever its tokens.
  const isToldOf = fees.some(({ meter }) => meter.startsWith("request"));
  const all = card.fees?.["request"] && !isToldOf ? [...fees, { meter: "request", count: 1 }] : fees;
  const of = model === undefined ? {} : { model };
  for (const { meter, count } of all) {
    if (count === 0) continue;
    const rate = feeRate(card, meter);
    if (!rate) {
      missing.push(meter);
      continue;
    }
    const { picoUsd, per, least = 0, once = false, alsoInputTokens = 0 } = rate;
    lines.push({ meter, count: once ? 1 : Math.max(count, least), picoUsd, ...(per ? { per } : {}), ...of });
    if (alsoInputTokens === 0) continue;
    const { input } = modifiedRates(card, modifiersOf(serviceTier, usage), 0).rates;
    if (input) lines.push({ meter: "input", count: alsoInputTokens * count, picoUsd: input.picoUsd, ...of });
  }
}
