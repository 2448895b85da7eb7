import type { CallLabel, CostGroup, Database, Entry } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store whose costs are what `bend` makes of the true ones and the entries of each group. */
function bent(
  name: string,
  breaks: string,
  bend: (group: CostGroup, entries: readonly Entry[]) => CostGroup,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const costs: Database["ledger"]["costs"] = async (tenant, runId) => {
        const groups = await database.ledger.costs(tenant, runId);
        const entries = await database.ledger.listEntries(tenant, { runId, limit: 10_000 });
        return groups.map((group) => {
          const key = keyOf(group.label);
          return bend(
            group,
            entries.filter(({ label }) => keyOf(label) === key),
          );
        });
      };
      return withMethods(database, { ledger: { costs } });
    },
  };
}

function keyOf({ runId, step, agent, checkpointId, thread, provider, model }: CallLabel): string {
  return JSON.stringify([runId, step, agent, checkpointId, thread, provider, model]);
}

function count(entries: readonly Entry[], kind: Entry["kind"]): number {
  return entries.filter((entry) => entry.kind === kind).length;
}

/** Stores that add up wrongly what a run cost. */
export const brokenCosts: readonly BrokenStore[] = [
  bent(
    "counts a correction as a call",
    "counts a call once that was corrected by hand, at its new amount",
    (group, entries) => ({ ...group, calls: group.calls + count(entries, "correction") }),
  ),
  bent(
    "never forgets that a price was a bound",
    "calls the price of a doubtful call a bound until its bill arrives",
    (group, entries) => ({ ...group, inexact: group.inexact + count(entries, "late") }),
  ),
  bent(
    "takes a corrected estimate for a bound",
    "takes an amount that was set by hand for exact, whatever it was before",
    (group, entries) => {
      const corrected = new Set(
        entries.filter(({ kind }) => kind === "correction").map(({ callId }) => callId),
      );
      const bounds = entries.filter(({ kind, callId }) => kind === "estimate" && corrected.has(callId));
      return { ...group, inexact: group.inexact + bounds.length };
    },
  ),
  bent(
    "takes the hold of an expired call for its price",
    "calls the price of an expired call a bound",
    (group, entries) => ({ ...group, inexact: group.inexact - count(entries, "expire") }),
  ),
  bent("adds charges up as doubles", "adds charges up that no double can count", (group) => ({
    ...group,
    chargedNanoUsd: BigInt(Number(group.chargedNanoUsd)),
  })),
  bent("counts texts in receipts", "takes nothing from a receipt that is no count", (group, entries) => {
    const texts = entries.map(({ receipt }) => receipt["latencyMs"]).filter((value) => value === "12");
    return { ...group, latencyMs: group.latencyMs + texts.length * 12 };
  }),
  {
    name: "adds up the costs of all checkpoints of a run",
    breaks: "tells calls apart by every part of their labels",
    wrap(database) {
      const costs: Database["ledger"]["costs"] = async (tenant, runId) => {
        const groups = await database.ledger.costs(tenant, runId);
        return groups.filter(({ label }, index) => {
          const key = keyOf({ ...label, checkpointId: undefined });
          const earlier = groups.slice(0, index);
          return !earlier.some((group) => keyOf({ ...group.label, checkpointId: undefined }) === key);
        });
      };
      return withMethods(database, { ledger: { costs } });
    },
  },
];
