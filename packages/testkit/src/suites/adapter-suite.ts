import { describe, test } from "vitest";
import { adapterAbortsCases } from "./adapter-aborts.ts";
import { adapterBoundsCases } from "./adapter-bounds.ts";
import { adapterCapsCases } from "./adapter-caps.ts";
import type { AdapterCase, CreateAdapter } from "./adapter-case.ts";
import { adapterChargesCases } from "./adapter-charges.ts";
import { adapterCutsCases } from "./adapter-cuts.ts";
import { adapterDeparturesCases } from "./adapter-departures.ts";
import { adapterEndingsCases } from "./adapter-endings.ts";
import { adapterLeaksCases } from "./adapter-leaks.ts";
import { adapterNestingCases } from "./adapter-nesting.ts";
import { adapterOdditiesCases } from "./adapter-oddities.ts";
import { adapterOutcomesCases } from "./adapter-outcomes.ts";
import { adapterRatesCases } from "./adapter-rates.ts";
import { adapterScopesCases } from "./adapter-scopes.ts";
import { adapterSecrecyCases } from "./adapter-secrecy.ts";
import { adapterShortageCases } from "./adapter-shortage.ts";
import { adapterThoughtsCases } from "./adapter-thoughts.ts";
import { adapterTimeoutsCases } from "./adapter-timeouts.ts";
import { adapterTransportCases } from "./adapter-transport.ts";

const THEMES: Readonly<Record<string, readonly AdapterCase[]>> = {
  charges: adapterChargesCases,
  rates: adapterRatesCases,
  oddities: adapterOdditiesCases,
  bounds: adapterBoundsCases,
  caps: adapterCapsCases,
  shortage: adapterShortageCases,
  endings: adapterEndingsCases,
  departures: adapterDeparturesCases,
  aborts: adapterAbortsCases,
  cuts: adapterCutsCases,
  thoughts: adapterThoughtsCases,
  outcomes: adapterOutcomesCases,
  timeouts: adapterTimeoutsCases,
  nesting: adapterNestingCases,
  transport: adapterTransportCases,
  scopes: adapterScopesCases,
  secrecy: adapterSecrecyCases,
  leaks: adapterLeaksCases,
};

/** Every promise of an adapter, each with a wflo and a simulated provider of its own. Titles are unique. */
export const adapterCases: readonly AdapterCase[] = Object.values(THEMES).flat();

/** Which adapter is tested, and which tests cannot hold for it: each by its title, with the reason that is printed. */
export interface TestAdapterOptions {
  readonly name: string;
  readonly create: CreateAdapter;
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
  /** For one test, in milliseconds; 120,000 when left out. */
  readonly timeoutMs?: number;
}

/** Registers every case as a vitest test. Throws when `skip` names no case. */
export function testAdapter({ name, create, skip = [], timeoutMs = 120_000 }: TestAdapterOptions): void {
  const reasons = new Map(skip.map(({ test: title, reason }) => [title, reason]));
  for (const title of reasons.keys()) {
    if (!adapterCases.some((known) => known.title === title)) {
      throw new Error(`testAdapter cannot skip "${title}": no case has this title.`);
    }
  }
  describe(name, () => {
    for (const [theme, cases] of Object.entries(THEMES)) {
      describe(theme, () => {
        for (const play of cases) {
          const { title } = play;
          const reason = reasons.get(title);
          if (reason !== undefined) test.skip(`${title} (skipped: ${reason})`, () => {});
          else test(title, (context) => tried(play, create, context), timeoutMs);
        }
      });
    }
  });
}

async function tried(
  play: AdapterCase,
  create: CreateAdapter,
  context: { readonly skip: (reason: string) => void; readonly task: { readonly meta: object } },
): Promise<void> {
  const reason = await play.run(create);
  if (reason === undefined) return;
  // Reports in JSON have no other place for it.
  Object.assign(context.task.meta, { skipReason: reason });
  context.skip(reason);
}
