import { nanoUsdFromPico } from "../../money/rounding.ts";
import { providerName } from "../rates/provider-name.ts";
import type { RateCard } from "../rates/rate-card.ts";
import type { Usage } from "../usage/usage.ts";
import type { Cost, KnownCost } from "./cost.ts";

/** The providers whose answers tell, in dollars, what was taken from the account for them. */
const TELLS_BILL = new Set(["openrouter", "perplexity", "vercel", "x-ai"]);

/** What a provider says that a call cost, where it is one that tells so in dollars; undefined for the others, and for nothing. */
export function reportedCost(provider: string, usage: Usage): KnownCost | undefined {
  const reportedPicoUsd = reportedFor(usage);
  if (reportedPicoUsd === 0 || !TELLS_BILL.has(providerName(provider))) return undefined;
  const picoUsd = BigInt(reportedPicoUsd);
  const lines = [{ meter: "bill", count: reportedPicoUsd, picoUsd: 1n }];
  return { kind: "known", picoUsd, nanoUsd: nanoUsdFromPico(picoUsd), lines };
}

/** For all requests together where each tells it, else for the answer as a whole where that alone does; else nothing. */
function reportedFor({ reportedPicoUsd: own = 0, others = [] }: Usage): number {
  const told = others.map(({ usage }) => usage.reportedPicoUsd ?? 0);
  if (told.every((amount) => amount === 0)) return own;
  return own > 0 && told.every((amount) => amount > 0) ? told.reduce((sum, amount) => sum + amount, own) : 0;
}

/**
 * A cost by our prices beside what the provider says: that counts where it is trusted, where it is more, and where ours leaves
 * something open. A price that the user set is never passed over.
 */
export function withReported(input: {
  readonly cost: Cost;
  readonly card: RateCard;
  readonly provider: string;
  readonly usage: Usage;
  readonly trustReported: boolean;
}): Cost {
  const { cost, card, provider, usage, trustReported } = input;
  const reported = reportedCost(provider, usage);
  if (reported === undefined) return cost;
  if (cost.kind === "unknown") return reported;
  if (card.source === "user" && cost.kind === "known") return cost;
  if (trustReported || reported.picoUsd > cost.picoUsd) return reported;
  return cost;
}
