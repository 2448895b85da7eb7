import { calcPrice, waitForUpdate } from "@pydantic/genai-prices";
import { describe, expect, test } from "vitest";
import { listedModel } from "./listed-model.ts";
import { dashedDate, fits } from "./match-clause.ts";
import { carriedPriceList } from "./price-list.ts";
import type { DatedRates } from "./rate-schedule.ts";

const list = carriedPriceList();

/** Ids as people and providers write them, for each model of the list. */
function spellings(id: string): readonly string[] {
  const lower = id.toLowerCase();
  return [lower, `${lower}-20250929`, `${lower}-2024-08-06`, `${lower}-latest`, `${lower}x`, `us.${lower}`];
}

describe("the price list that core carries", () => {
  test("has the models and prices of the installed package", async () => {
    const providers = (await waitForUpdate()) ?? [];
    expect([...list.providers.keys()]).toEqual(providers.map(({ id }) => id));
    for (const { id, models } of providers) {
      const carried = list.providers.get(id)?.models ?? [];
      const told = models.map((model) => [model.id, model.match, model.prices, model.context_window]);
      expect(carried.map((model) => [model.id, model.match, model.prices, model.context_window])).toEqual(
        JSON.parse(JSON.stringify(told)).map((row: unknown[]) => row.map((cell) => cell ?? undefined)),
      );
    }
  });

  test("finds the model that the package finds, whatever spelling", () => {
    let found = 0;
    for (const provider of list.providers.values()) {
      for (const { id } of provider.models) {
        for (const spelling of spellings(id)) {
          const theirs = calcPrice({}, spelling, { providerId: provider.id })?.model.id;
          expect([provider.id, spelling, modelOf(provider.id, spelling)]).toEqual([
            provider.id,
            spelling,
            theirs,
          ]);
          if (theirs !== undefined) found += 1;
        }
      }
    }
    expect(found).toBeGreaterThan(2_000);
  });

  test("prices a model by its own list, or says in a sentence why not", () => {
    for (const provider of list.providers.values()) {
      for (const { id } of provider.models) {
        const model = listedModel(list, provider.id, id.toLowerCase());
        const told = "unknown" in model ? [model.reason] : model.schedule.flatMap(pricesOf);
        expect([id, told.length]).not.toEqual([id, 0]);
      }
    }
  });
});

function pricesOf({ rates, fees = {} }: DatedRates): readonly unknown[] {
  return [...Object.values(rates), ...Object.values(fees)];
}

/** The first of the list that fits, as its makers look: own models, then those of the providers it serves too. */
function modelOf(provider: string, id: string): string | undefined {
  const own = list.providers.get(provider);
  const first = (spelling: string) =>
    [provider, ...(own?.fallback_model_providers ?? [])]
      .flatMap((of) => list.providers.get(of)?.models ?? [])
      .find(({ match }) => fits(match, spelling))?.id;
  return first(id) ?? first(dashedDate(id));
}
