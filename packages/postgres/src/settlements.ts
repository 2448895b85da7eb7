import type { Settlement, SettleVerdict } from "@wflo/core";
import { readSettle, type SettleJson } from "./read-verdict.ts";
import { receiptRow, type ReceiptRow } from "./receipt-row.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** One settlement with its receipt as the database keeps it; undefined for an id that is no UUID, and names no call. */
export interface SettlementRow {
  readonly settlement: Settlement;
  /** In small letters, as the database writes it. */
  readonly callId: string;
  readonly receipt: ReceiptRow | undefined;
}

/** A settlement that the database is told of. */
export interface StoredRow extends SettlementRow {
  readonly receipt: ReceiptRow;
}

/** In the order given. Throws `InvalidOptionError` for ids that the database cannot keep. */
export function settlementRows(settlements: readonly Settlement[]): readonly SettlementRow[] {
  return settlements.map((settlement) => {
    const { callId, settlementId, receipt } = settlement;
    const isStored = isUuid(callId);
    if (isStored) uuidOf("settlement id", settlementId);
    return { settlement, callId: callId.toLowerCase(), receipt: isStored ? receiptRow(receipt) : undefined };
  });
}

/** Those that the database is told of. */
export function storedRows(rows: readonly SettlementRow[]): readonly StoredRow[] {
  return rows.filter((row): row is StoredRow => row.receipt !== undefined);
}

/** A list of `wflo.settlement`. */
export function settlementsJson(rows: readonly SettlementRow[]): string {
  return `[${storedRows(rows)
    .map(({ settlement, receipt }) => itemOf(settlement, receipt))
    .join(",")}]`;
}

/** One `wflo.settlement`, and what else there is to be told of it. Throws `InvalidOptionError` for an id that the database cannot keep. */
export function settlementJson(
  settlement: Omit<Settlement, "kind"> & { readonly kind: string },
  more: Readonly<Record<string, string | null>> = {},
): string {
  uuidOf("settlement id", settlement.settlementId);
  return itemOf(settlement, receiptRow(settlement.receipt), more);
}

function itemOf(
  { callId, settlementId, kind, costNanoUsd }: Omit<Settlement, "kind"> & { readonly kind: string },
  { json, counts }: ReceiptRow,
  more: Readonly<Record<string, string | null>> = {},
): string {
  const head = {
    call_id: callId,
    id: settlementId,
    kind,
    cost: costNanoUsd === undefined ? null : String(costNanoUsd),
    input_tokens: counts.inputTokens,
    output_tokens: counts.outputTokens,
    latency_ms: counts.latencyMs,
    failed: counts.hasReason,
    ...more,
  };
  return `${JSON.stringify(head).slice(0, -1)},"receipt":${json}}`;
}

/** The verdicts for all of these, from those that the database gave of what it was told of. */
export function readSettlements(rows: readonly SettlementRow[], json: unknown): readonly SettleVerdict[] {
  const verdicts = (json as readonly SettleJson[]).values();
  return rows.map(({ settlement: { callId }, receipt }): SettleVerdict => {
    const verdict = receipt === undefined ? undefined : verdicts.next().value;
    if (verdict !== undefined) return readSettle(verdict, callId);
    return { callId, code: "unknown", chargedNanoUsd: 0n, overrunNanoUsd: 0n };
  });
}
