import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Entry } from "../ports/ledger-store.ts";
import { formatUsd } from "../money/money.ts";
import type { Cost } from "../pricing/cost/cost.ts";
import { LONG_REQUESTS, mayBeLong } from "../pricing/cost/cost-of-usage.ts";
import { receiptOf } from "../pricing/cost/receipt.ts";
import type { RateCard } from "../pricing/rates/rate-card.ts";
import { costOfAnswer } from "./cost-of-answer.ts";
import type { DoorSettings } from "./door-settings.ts";
import type { Outcome } from "./guard-request.ts";
import { usageInReceipt } from "../pricing/usage/usage-in-receipt.ts";

const FLUSH_MS = 10_000;
const PAGE = 1_000;
/** Calls in doubt that are looked through for one id. */
const MAX_PAGES = 20;

/** A call whose usage the provider tells later, such as a batch or an answer made in the background. */
export interface RemoteCall {
  readonly provider: string;
  /** The provider's id, as the call's outcome of kind `doubt` named it. */
  readonly remoteId: string;
}

/**
 * Brings in the bill of a call that was closed in doubt because its usage was to come later, from whichever process asks for it.
 * Resolves with false when no call in doubt has this id, or when the bill is not known now either. Throws `StoreUnavailableError`.
 */
export async function settleRemote(
  door: DoorSettings,
  remote: RemoteCall,
  outcome: Outcome,
): Promise<boolean> {
  if (outcome.kind === "doubt" || outcome.kind === "cut") return false;
  // The call itself may be on its way to the ledger.
  await door.outbox.flush(FLUSH_MS);
  const entry = await findInDoubt(door, remote);
  if (entry === undefined) return false;
  const bill = billOf(door, entry, outcome);
  if (bill === undefined) return false;
  const { callId } = entry;
  const settlementId = door.ids.next();
  const settled = door.outbox.add({ callId, settlementId, kind: "settle", ...bill }, entry.budgetIds);
  await door.outbox.until([settled], FLUSH_MS);
  // Somebody else may have been quicker: another process, or a hand.
  const lines = await door.ledger.listEntries(door.tenant, { callId, limit: PAGE });
  return lines.some(({ id }) => id === settlementId);
}

function billOf(
  door: DoorSettings,
  { callId, label }: Entry,
  outcome: Extract<Outcome, { kind: "answered" | "rejected" }>,
): { readonly costNanoUsd: bigint; readonly receipt: Record<string, unknown> } | undefined {
  if (outcome.kind === "rejected") return { costNanoUsd: 0n, receipt: { reason: outcome.reason } };
  const { provider, model } = label;
  const found = door.catalogue.find({ provider, model });
  const asked = { provider, model, card: "unknown" in found ? undefined : found };
  const { cost, card } = costOfAnswer(door.catalogue, asked, outcome);
  if (card === undefined || cost.kind === "unknown" || !isBill(card, cost, outcome)) {
    const why =
      cost.kind === "lowerBound" ? `no rate for ${cost.missing.join(", ")}` : "its price is not known";
    door.log.warn(`wflo: the bill of a call to ${provider}/${model} came, but not its exact cost (${why}).`);
    return undefined;
  }
  if (cost.kind === "lowerBound")
    door.log.warn(
      `wflo: the bill of call ${callId} to ${provider}/${model} is a sum of requests, of which long ones cost more. It is charged ${formatUsd(cost.nanoUsd)}, ` +
        `as if none was; wflo.calls.resolve("${callId}", { cost }) sets what it was.`,
    );
  const { usage, serviceTier } = outcome;
  const told = { ...usageInReceipt(usage), servedModel: outcome.model, serviceTier };
  return { costNanoUsd: cost.nanoUsd, receipt: { ...receiptOf(card, cost), costKind: cost.kind, ...told } };
}

/** Whether an amount is the bill: it is known, or would be but for requests of which some may be long, though on average they are not. */
function isBill(
  card: RateCard,
  cost: Exclude<Cost, { kind: "unknown" }>,
  { usage, requests = 0 }: Extract<Outcome, { kind: "answered" }>,
): boolean {
  if (cost.kind === "known") return true;
  if (requests < 1 || cost.missing.some((name) => name !== LONG_REQUESTS)) return false;
  return !mayBeLong(card, card.rates, (usage?.inputTokens ?? 0) / requests);
}

async function findInDoubt(
  door: DoorSettings,
  { provider, remoteId }: RemoteCall,
): Promise<Entry | undefined> {
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const entries = await door.ledger.listEntries(door.tenant, { inDoubt: true, after, limit: PAGE });
    const found = entries.find(
      ({ label, receipt }) => label.provider === provider && receipt["remoteId"] === remoteId,
    );
    if (found || entries.length < PAGE) return found;
    after = entries.at(-1)?.id;
  }
  const error = new StoreUnavailableError(
    `More than ${MAX_PAGES * PAGE} calls are in doubt; resolve them first (wflo.calls.list({ inDoubt: true })).`,
  );
  door.log.error(`wflo: a bill came and its call was not found. ${error.message}`);
  throw error;
}
