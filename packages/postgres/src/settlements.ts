import type { Settlement, SettleVerdict } from "@wflo/core";
import { readSettle, type SettleJson } from "./read-verdict.ts";
import { receiptRow } from "./receipt-row.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** One settlement with its item of a list of `wflo.settlement`; undefined for an id that is no UUID, and names no call. */
export interface SettlementRow {
  readonly settlement: Settlement;
  /** In small letters, as the database writes it. */
  readonly callId: string;
  readonly item: string | undefined;
}

/** In the order given. Throws `InvalidOptionError` for ids that the database cannot keep. */
export function settlementRows(settlements: readonly Settlement[]): readonly SettlementRow[] {
  return settlements.map((settlement) => ({
    settlement,
    callId: settlement.callId.toLowerCase(),
    item: isUuid(settlement.callId) ? settlementJson(settlement) : undefined,
  }));
}

/** A list of `wflo.settlement`. */
export function settlementsJson(rows: readonly SettlementRow[]): string {
  return `[${rows.flatMap(({ item }) => item ?? []).join(",")}]`;
}

/** One `wflo.settlement`, and what else there is to be told of it. */
export function settlementJson(
  { callId, settlementId, kind, costNanoUsd, receipt }: Omit<Settlement, "kind"> & { readonly kind: string },
  more: Readonly<Record<string, string | null>> = {},
): string {
  const { json, counts } = receiptRow(receipt);
  const head = {
    call_id: callId,
    id: uuidOf("settlement id", settlementId),
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

/** The verdicts for all of these, from those of the items. */
export function readSettlements(rows: readonly SettlementRow[], json: unknown): readonly SettleVerdict[] {
  const verdicts = (json as readonly SettleJson[]).values();
  return rows.map(({ settlement: { callId }, item }): SettleVerdict => {
    const verdict = item === undefined ? undefined : verdicts.next().value;
    if (verdict !== undefined) return readSettle(verdict, callId);
    return { callId, code: "unknown", chargedNanoUsd: 0n, overrunNanoUsd: 0n };
  });
}
