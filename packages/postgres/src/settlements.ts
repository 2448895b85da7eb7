import type { Settlement, SettleVerdict } from "@wflo/core";
import { readSettle, type SettleJson } from "./read-verdict.ts";
import { receiptJson } from "./receipt-json.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** Settlements as `wflo.settle_all` takes them, in the order given. Ids that are no UUID name no call and are left out. */
export function settlementsJson(settlements: readonly Settlement[]): string {
  return `[${settlementItems(settlements).join(",")}]`;
}

/** The items of that list. */
export function settlementItems(settlements: readonly Settlement[]): readonly string[] {
  return settlements.filter(isStorable).map(({ callId, settlementId, kind, costNanoUsd, receipt }) => {
    const head = { callId, settlementId: uuidOf("settlement id", settlementId), kind };
    const cost = costNanoUsd === undefined ? null : String(costNanoUsd);
    return `${JSON.stringify({ ...head, cost }).slice(0, -1)},"receipt":${receiptJson(receipt)}}`;
  });
}

/** The verdicts for all of these settlements, from those of the storable ones. */
export function readSettlements(settlements: readonly Settlement[], json: unknown): readonly SettleVerdict[] {
  const verdicts = (json as readonly SettleJson[]).values();
  return settlements.map((settlement): SettleVerdict => {
    const { callId } = settlement;
    const verdict = isStorable(settlement) ? verdicts.next().value : undefined;
    if (verdict !== undefined) return readSettle(verdict, callId);
    return { callId, code: "unknown", chargedNanoUsd: 0n, overrunNanoUsd: 0n };
  });
}

function isStorable({ callId }: Settlement): boolean {
  return isUuid(callId);
}
