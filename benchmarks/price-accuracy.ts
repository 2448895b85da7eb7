import { createPricing, NativeAnswer } from "@wflo/core";
import { calcPrice, extractUsage, findProvider } from "@pydantic/genai-prices";
import { readFileSync } from "node:fs";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";

/** How many answers of providers are priced to the last digit, beside genai-prices, which has the same list of prices. */

interface Answer {
  readonly name: string;
  readonly provider: string;
  readonly api: string;
  readonly model?: string;
  readonly at?: string;
  readonly body?: unknown;
  readonly events?: readonly unknown[];
  readonly kind: string;
  readonly usd?: string;
  readonly formula?: string;
}

type Verdict = "exact" | "too low" | "too high" | "no price";

const answers = JSON.parse(
  readFileSync(new URL("../packages/core/test/fixtures/answers.json", import.meta.url), "utf8"),
) as readonly Answer[];
/** Those whose price is known; an error costs nothing, which is no feat. */
const priced = answers.filter(({ formula, usd }) => formula !== undefined && usd !== undefined);

/** What a provider is called by genai-prices. */
const NAMES: Readonly<Record<string, string>> = {
  bedrock: "aws",
  xai: "x-ai",
  moonshot: "moonshotai",
  vertex: "google",
};

function judge(usd: number | undefined, expected: number): Verdict {
  if (usd === undefined) return "no price";
  // Floats: the last digit of a cost is allowed to be dust.
  if (Math.abs(usd - expected) <= 1e-12) return "exact";
  return usd < expected ? "too low" : "too high";
}

const pricing = createPricing();

function byWflo({ provider, api, model, at, body, events }: Answer): number | undefined {
  const call = { provider, api, ...(model ? { model } : {}), ...(at ? { at: new Date(at) } : {}) };
  const cost = pricing.costOfResponse({ ...call, ...(events ? { events } : { body }) });
  return cost.kind === "known" ? Number(cost.usd) : undefined;
}

/** Its own reading of the body, or of what the events of a stream add up to, in whichever of its flavours reads it. */
function byGenaiPrices({ provider: name, model, at, body, events = [] }: Answer): number | undefined {
  const provider = findProvider({ providerId: NAMES[name] ?? name });
  if (!provider) return undefined;
  const merged = new NativeAnswer();
  for (const event of events) merged.note(event);
  const data = body ?? { content: [], ...merged.body() };
  for (const { api_flavor: flavor } of provider.extractors ?? []) {
    try {
      const { usage, model: told } = extractUsage(provider, data, flavor);
      const timestamp = at ? { timestamp: new Date(at) } : {};
      const price = calcPrice(usage, told ?? model ?? "", { providerId: provider.id, ...timestamp });
      if (price) return price.total_price;
    } catch {
      // Another flavour may read it.
    }
  }
  return undefined;
}

await runBench("answers priced to the last digit", 60, async (promises) => {
  const rows = (
    [
      ["wflo", byWflo],
      ["genai-prices", byGenaiPrices],
    ] as const
  ).map(([name, price]) => {
    const counts: Record<Verdict, number> = { exact: 0, "too low": 0, "too high": 0, "no price": 0 };
    for (const answer of priced) counts[judge(price(answer), Number(answer.usd))] += 1;
    return [name, priced.length, ...Object.values(counts)];
  });
  printTable(["by", "answers", "exact", "too low", "too high", "no price"], rows);
  const unknown = answers.filter(({ kind }) => kind === "unknown");
  const silent = unknown.filter((answer) => byWflo(answer) !== undefined);
  promises.check(`none of ${unknown.length} answers without a price is given one`, silent.length === 0);
  promises.check("every answer is exact", rows[0]?.[2] === priced.length);
});
