import type { OptionNames } from "./check-options.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { decimalUsd } from "../money/money.ts";
import type { Entry, EntryFilter, EntryKind } from "../ports/ledger-store.ts";
import type { KnownCost } from "../pricing/cost/cost.ts";
import { costOfCall } from "../pricing/cost/cost-of-call.ts";
import { receiptOf } from "../pricing/cost/receipt.ts";
import type { Catalogue } from "../pricing/rates/catalogue.ts";
import { providerName } from "../pricing/rates/provider-name.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import { usageOfReceipt } from "../pricing/usage/usage-in-receipt.ts";

/** Which calls are priced again: all of the ledger by default. */
export interface RepriceFilter extends Pick<EntryFilter, "runId" | "thread" | "callId" | "budgetId"> {
  readonly provider?: string | undefined;
  /** As it was asked for. */
  readonly model?: string | undefined;
  /** Calls that were closed from then on. */
  readonly since?: Date | undefined;
  /** Calls that were closed before then. */
  readonly until?: Date | undefined;
  /** True: says what would change, and changes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** The names of these filters. */
export const REPRICE_FILTERS: OptionNames<RepriceFilter> = {
  runId: true,
  thread: true,
  callId: true,
  budgetId: true,
  provider: true,
  model: true,
  since: true,
  until: true,
  dryRun: true,
};

/** A call whose price is another now. Money is a decimal string in US dollars. */
export interface RepricedCall {
  readonly callId: string;
  readonly provider: string;
  readonly model: string;
  readonly was: string;
  readonly is: string;
  /** The rate card by which it was priced again. */
  readonly rateCard: string;
}

/** What pricing again came to. */
export interface Repricing {
  /** Calls whose usage is known, so that they could be priced again. */
  readonly looked: number;
  readonly changed: readonly RepricedCall[];
  /** Calls that were charged by a price of somebody's own, which this client does not have: they stay. */
  readonly skipped: readonly { readonly callId: string; readonly provider: string; readonly model: string }[];
  /** What the calls cost more now, in all; negative when less. */
  readonly difference: string;
}

/** What pricing again needs. */
export interface RepriceMeans {
  readonly catalogue: Catalogue;
  readonly list: (filter: EntryFilter) => Promise<readonly Entry[]>;
  readonly linesOf: (callId: string) => Promise<readonly Entry[]>;
  readonly correct: (
    callId: string,
    cost: KnownCost,
    receipt: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
}

const PAGE = 500;
/** The id of a line may lie so far from when it was booked: clocks of hosts differ, and bills wait while the database is away. */
const APART_MS = 86_400_000;
/** Lines that tell what a call used; those set by hand and those in doubt do not. */
const MEASURED = new Set<EntryKind>(["settle", "recorded", "unmeasured", "late"]);

/**
 * Prices the closed calls of a ledger again by the prices in use now, as of the time when each was made, and corrects what differs:
 * entries are never changed, each correction is one of its own. What was set by hand, has no usage, or has no known price stays.
 */
export async function reprice(filter: RepriceFilter, means: RepriceMeans): Promise<Repricing> {
  const { runId, thread, callId: ofCall, budgetId, since, until, dryRun = false } = filter;
  for (const time of [since, until])
    if (time !== undefined && !(time instanceof Date && !Number.isNaN(time.getTime())))
      throw new InvalidOptionError(
        'since and until of calls.reprice take dates, such as new Date("2026-11-01").',
      );
  const changed: RepricedCall[] = [];
  const skipped: { callId: string; provider: string; model: string }[] = [];
  const seen = new Set<string>();
  let difference = 0n;
  let after = since && firstIdOf(since.getTime() - APART_MS);
  const end = until && firstIdOf(until.getTime() + APART_MS);
  for (let isLast = false; !isLast;) {
    const page = await means.list({ runId, thread, callId: ofCall, budgetId, after, limit: PAGE });
    isLast = page.length < PAGE;
    after = page.at(-1)?.id;
    if (end !== undefined && after !== undefined && after > end) isLast = true;
    for (const line of page) {
      const { callId, label, kind } = line;
      if (!isMeant(line, filter) || seen.has(callId) || !MEASURED.has(kind)) continue;
      const call = await repriced(callId, means);
      if (call === undefined) continue;
      seen.add(callId);
      if (call === "own price") {
        skipped.push({ callId, provider: label.provider, model: label.model });
        continue;
      }
      const { was, cost, card, receipt } = call;
      if (was === cost.nanoUsd) continue;
      if (!dryRun) await means.correct(callId, cost, receipt);
      difference += cost.nanoUsd - was;
      const told = { callId, provider: label.provider, model: label.model, rateCard: card.id };
      changed.push({ ...told, was: decimalUsd(was), is: decimalUsd(cost.nanoUsd) });
    }
  }
  return { looked: seen.size, changed, skipped, difference: decimalUsd(difference) };
}

/** Of the lines of a ledger, those that a filter is about: by when they were booked, whatever their ids say. */
function isMeant({ at, label }: Entry, { since, until, provider, model }: RepriceFilter): boolean {
  if ((since !== undefined && at < since) || (until !== undefined && at >= until)) return false;
  if (model !== undefined && label.model !== model) return false;
  return provider === undefined || providerName(label.provider) === providerName(provider);
}

interface RepricedEntry {
  readonly was: bigint;
  readonly cost: KnownCost;
  readonly card: RateCard;
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** What a call has cost, and what it costs by the prices of now; undefined where that cannot be told. */
async function repriced(
  callId: string,
  means: RepriceMeans,
): Promise<RepricedEntry | "own price" | undefined> {
  const lines = await means.linesOf(callId);
  const measured = lines.findLast(
    ({ kind, receipt }) => MEASURED.has(kind) && usageOfReceipt(receipt) !== undefined,
  );
  const [first] = lines;
  if (measured === undefined || first === undefined || lines.some(({ inDoubt }) => inDoubt)) return undefined;
  // Wherever it stands: clocks of hosts differ, and with them the order of ids.
  if (lines.some(({ kind, receipt }) => kind === "correction" && receipt["repriced"] !== true))
    return undefined;
  const priced = priceOf(measured, first, means.catalogue);
  if (priced === undefined) return undefined;
  const { matchedBy } = (measured.receipt["rateCard"] ?? {}) as { readonly matchedBy?: unknown };
  if (matchedBy === "user" && priced.card.matchedBy !== "user") return "own price";
  const was = lines.reduce((sum, { chargedNanoUsd }) => sum + chargedNanoUsd, 0n);
  return { ...priced, was };
}

function priceOf(
  { receipt, label }: Entry,
  first: Entry,
  catalogue: Catalogue,
): Omit<RepricedEntry, "was"> | undefined {
  // A price that was fixed beforehand has no rate card.
  if (receipt["price"] !== undefined) return undefined;
  const usage = usageOfReceipt(receipt);
  if (usage === undefined) return undefined;
  const { servedModel, serviceTier } = receipt;
  // A late bill comes in long after its call was closed.
  const { latencyMs } = first.receipt;
  const madeAt = new Date(first.at.getTime() - (typeof latencyMs === "number" ? latencyMs : 0));
  const { card, cost } = costOfCall(catalogue, {
    provider: label.provider,
    asked: label.model,
    answered: textOf(servedModel),
    usage,
    serviceTier: textOf(serviceTier),
    at: madeAt,
  });
  if (card === undefined || cost.kind !== "known") return undefined;
  return { cost, card, receipt: { repriced: true, ...receiptOf(card, cost) } };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The lowest id that can have been made at a time. */
function firstIdOf(timeMs: number): string {
  const ms = Math.max(0, timeMs - 1)
    .toString(16)
    .padStart(12, "0");
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7fff-bfff-ffffffffffff`;
}
