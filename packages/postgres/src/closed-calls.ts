import type { SettleVerdict } from "@wflo/core";
import { readSettle } from "./read-verdict.ts";
import type { WarningJson } from "./read-warnings.ts";
import type { SettlementRow } from "./settlements.ts";

/** What a batch closed, as it answers: lists of the same length; money as text. */
export interface ClosedJson {
  readonly closed: readonly string[] | null;
  readonly charged: readonly string[] | null;
  readonly overruns: readonly string[] | null;
  readonly warnings: readonly WarningJson[] | null;
}

/** The calls that a batch settled. Whoever settled the last of them is told of what warns. */
export class ClosedCalls {
  readonly #verdicts: ReadonlyMap<string, SettleVerdict>;

  constructor({ closed, charged, overruns, warnings }: ClosedJson) {
    const last = (closed?.length ?? 0) - 1;
    this.#verdicts = new Map(
      closed?.map((callId, at) => {
        const verdict = {
          callId,
          code: "settled",
          charged: charged?.[at] ?? "0",
          overrun: overruns?.[at] ?? "0",
        } as const;
        return [
          callId,
          readSettle(at === last && warnings !== null ? { ...verdict, warnings } : verdict, callId),
        ];
      }),
    );
  }

  /** Undefined for what it left to be asked for alone. */
  verdictOf({ settlement, callId, isRepeat }: SettlementRow): SettleVerdict | undefined {
    const verdict = isRepeat ? undefined : this.#verdicts.get(callId);
    return verdict && { ...verdict, callId: settlement.callId };
  }
}
