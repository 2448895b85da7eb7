import type { SettleVerdict } from "@wflo/core";
import type { SettleJson } from "./read-verdict.ts";
import { readWarnings, type WarningJson } from "./read-warnings.ts";
import { readSettlements, storedRows, type SettlementRow } from "./settlements.ts";

/** What became of the settlements of a batch, as it answers: lists of the same length; money as text. */
export interface SettledJson {
  readonly closed: readonly string[] | null;
  readonly charged: readonly string[] | null;
  readonly overruns: readonly string[] | null;
  /** Of each, where they did not all close an open hold. */
  readonly settled: readonly SettleJson[] | null;
  readonly warnings: readonly WarningJson[] | null;
}

/** The verdicts, in the order of the batch; the last of them has the warnings. */
export function readSettled(rows: readonly SettlementRow[], json: SettledJson): readonly SettleVerdict[] {
  const verdicts = readSettlements(rows, json.settled ?? settledOf(rows, json));
  const last = verdicts.at(-1);
  if (json.warnings === null || last === undefined) return verdicts;
  return [...verdicts.slice(0, -1), { ...last, warnings: readWarnings(json.warnings) }];
}

/** In the order of the rows that the database was told of. Throws for a call of which nothing is told: it must not look as if it had cost nothing. */
function settledOf(rows: readonly SettlementRow[], json: SettledJson): readonly SettleJson[] {
  const { closed, charged, overruns } = json;
  const places = new Map(closed?.map((callId, at) => [callId, at]));
  return storedRows(rows).map(({ callId }) => {
    const at = places.get(callId) ?? -1;
    const [cost, overrun] = [charged?.[at], overruns?.[at]];
    if (cost === undefined || overrun === undefined)
      throw new Error(`The database told nothing of call ${callId}.`);
    return { callId, code: "settled", charged: cost, overrun };
  });
}
