import { listedRates } from "./listed-rates.ts";
import { fits } from "./match-clause.ts";
import type { PricedModel, PriceList } from "./price-list.ts";
import { picoUsdAt, type Rate } from "./rate-card.ts";
import { indexAt } from "./rate-schedule.ts";

/** A list that knows fewer models of a provider than this share of those in use is not whole. */
const LEAST_SHARE = 0.5;
/** Providers with so many models are looked at by themselves. */
const MANY_MODELS = 5;
const MAY_GO = 2;
const MAKERS = new Set(["anthropic", "google", "openai"]);
/** Where so many prices differ by so many times, it counts in other units, or somebody made them up. */
const STRANGE_SHARE = 0.1;
const STRANGE_TIMES = 10;
/** No model has such a name. */
const NOBODY = "~no-model-of-this-name~";
/** Names of one provider that are tried. */
const SAMPLE = 50;
/** Requests at whose lengths prices are compared. */
const LENGTHS = [1_000, 300_000];

/** Why a list that is well formed is still not to be believed beside the one in use; undefined where nothing is strange. */
export async function strangeness(
  list: PriceList,
  current: PriceList,
  nowMs: number,
): Promise<string | undefined> {
  const told = await pricesOf(list, nowMs);
  const known = await pricesOf(current, nowMs);
  if (told.size < known.size * LEAST_SHARE)
    return `it has ${told.size} prices, ${current.name} has ${known.size}: it is not whole`;
  const lost = [...current.providers.values()].filter(({ id, models }) => {
    const left = list.providers.get(id)?.models.length ?? 0;
    return models.length >= MANY_MODELS && left < models.length * LEAST_SHARE;
  });
  // A provider may go; not several at once, and not those that most calls go to.
  if (lost.length > MAY_GO || lost.some(({ id }) => MAKERS.has(id)))
    return `it lacks most models of ${lost.map(({ id }) => id).join(", ")}: it is not whole`;
  for (const { id, models } of list.providers.values()) {
    const all = models.find(({ match }) => fits(match, NOBODY));
    if (all) return `${id}/${all.id} takes whatever name there is`;
  }
  return strangePrices(told, known) ?? movedNames(list, current);
}

function strangePrices(
  told: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, number>,
): string | undefined {
  let [shared, strange] = [0, 0];
  for (const [what, before] of known) {
    const price = told.get(what);
    if (price === undefined) continue;
    shared += 1;
    if (price > before * STRANGE_TIMES || price * STRANGE_TIMES < before) strange += 1;
  }
  return strange > shared * STRANGE_SHARE
    ? `${strange} of ${shared} prices are ${STRANGE_TIMES} times what they were: it may count in other units`
    : undefined;
}

/** Names that are another model's now, though theirs is still there. */
function movedNames(list: PriceList, current: PriceList): string | undefined {
  for (const { id: provider, models } of current.providers.values()) {
    const theirs = list.providers.get(provider)?.models ?? [];
    const ids = new Set(theirs.map(({ id }) => id));
    // Some of many tell as well, and calls wait for none of this.
    const every = Math.ceil(models.length / SAMPLE);
    const some = models.filter((_, at) => at % every === 0);
    const moved = some.filter(({ id }) => {
      const first = theirs.find(({ match }) => fits(match, id.toLowerCase()))?.id;
      return first !== undefined && first !== id && ids.has(id) && firstOf(models, id) === id;
    });
    if (models.length >= MANY_MODELS && moved.length > some.length * STRANGE_SHARE)
      return `${moved.length} names of ${provider} are other models now`;
  }
  return undefined;
}

function firstOf(models: readonly PricedModel[], id: string): string | undefined {
  return models.find(({ match }) => fits(match, id.toLowerCase()))?.id;
}

/** What a token costs now, by model, kind and length of the request. */
async function pricesOf(list: PriceList, nowMs: number): Promise<ReadonlyMap<string, number>> {
  const prices = new Map<string, number>();
  for (const { id: provider, models } of list.providers.values()) {
    await turn();
    for (const model of models) {
      const schedule = listedRates(model, list);
      const rates = "unknown" in schedule ? undefined : schedule[indexAt(schedule, nowMs)]?.rates;
      for (const length of LENGTHS) {
        add(prices, `${provider}/${model.id} input ${length}`, rates?.input, length);
        add(prices, `${provider}/${model.id} output ${length}`, rates?.output, length);
      }
    }
  }
  return prices;
}

/** Lets calls go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function add(prices: Map<string, number>, what: string, rate: Rate | undefined, length: number): void {
  if (rate) prices.set(what, Number(picoUsdAt(rate, length)));
}
