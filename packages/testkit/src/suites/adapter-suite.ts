import { describe, test } from "vitest";
import type { AdapterCase, CreateAdapter } from "./adapter-case.ts";
import { adapterChargesCases } from "./adapter-charges.ts";
import { adapterEndingsCases } from "./adapter-endings.ts";
import { adapterCapsCases } from "./adapter-caps.ts";
import { adapterScopesCases } from "./adapter-scopes.ts";

const THEMES: Readonly<Record<string, readonly AdapterCase[]>> = {
  charges: adapterChargesCases,
  caps: adapterCapsCases,
  endings: adapterEndingsCases,
  scopes: adapterScopesCases,
};

/** Every promise of an adapter, each with a wflo and a simulated provider of its own. Titles are unique. */
export const adapterCases: readonly AdapterCase[] = Object.values(THEMES).flat();

/** Which adapter is tested, and which tests cannot hold for it: each by its title, with the reason that is printed. */
export interface AdapterSuiteOptions {
  readonly name: string;
  readonly create: CreateAdapter;
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
  /** For one test, in milliseconds; 20,000 when left out. */
  readonly timeoutMs?: number;
}

/** Registers every case as a vitest test. Throws when `skip` names no case. */
export function adapterSuite({ name, create, skip = [], timeoutMs = 20_000 }: AdapterSuiteOptions): void {
  const reasons = new Map(skip.map(({ test: title, reason }) => [title, reason]));
  for (const title of reasons.keys()) {
    if (!adapterCases.some((known) => known.title === title)) {
      throw new Error(`adapterSuite cannot skip "${title}": no case has this title.`);
    }
  }
  describe(name, () => {
    for (const [theme, cases] of Object.entries(THEMES)) {
      describe(theme, () => {
        for (const play of cases) {
          const { title } = play;
          const reason = reasons.get(title);
          if (reason !== undefined) test.skip(`${title} (skipped: ${reason})`, () => {});
          else test(title, () => play.run(create), timeoutMs);
        }
      });
    }
  });
}
