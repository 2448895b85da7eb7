import type { SettleOutbox } from "../budget/settle-outbox.ts";
import type { Database } from "../ports/database.ts";
import type { Entry } from "../ports/ledger-store.ts";
import { costBreakdown, type CostBreakdown } from "./cost-breakdown.ts";

const PAGE = 1_000;
const FLUSH_MS = 10_000;

/** What a run has cost, read from the ledger after this process's settles have reached it. */
export async function runCost(
  services: { readonly tenant: string; readonly database: Database; readonly outbox: SettleOutbox },
  runId: string,
): Promise<CostBreakdown> {
  await services.outbox.flush(FLUSH_MS);
  const entries: Entry[] = [];
  for (let after: string | undefined; ;) {
    const page = await services.database.ledger.listEntries(services.tenant, { runId, after, limit: PAGE });
    entries.push(...page);
    if (page.length < PAGE) return costBreakdown(entries);
    after = page.at(-1)?.id;
  }
}
