import type { ItemAnswers, ItemBatch } from "@wflo/core";

/** What goes in one statement: operations, conditions of searches, and characters of values. */
const MAX_OPERATIONS = 1_000;
const MAX_CONDITIONS = 1_000;
const MAX_CHARACTERS = 64_000_000;

const NOTHING: ItemBatch = { gets: [], searches: [], listings: [], puts: [] };

/** A batch in parts that go in one statement each, all reads before the first put; mostly it is one. */
export function batchParts(batch: ItemBatch): readonly ItemBatch[] {
  const { gets, searches, listings, puts } = batch;
  const parts = [
    ...stretchesOf(gets, () => 0).map((part) => ({ ...NOTHING, gets: part })),
    ...stretchesOf(searches, ({ conditions }) => conditions.length / MAX_CONDITIONS).map((part) => {
      return { ...NOTHING, searches: part };
    }),
    ...stretchesOf(listings, () => 0).map((part) => ({ ...NOTHING, listings: part })),
    ...stretchesOf(puts, ({ value = "" }) => value.length / MAX_CHARACTERS).map((part) => {
      return { ...NOTHING, puts: part };
    }),
  ];
  const isOne = gets.length + searches.length + listings.length + puts.length <= MAX_OPERATIONS;
  const kinds = [gets, searches, listings, puts].filter((kind) => kind.length > 0);
  return isOne && parts.length <= kinds.length ? [batch] : parts;
}

/** The answers to the parts of a batch as those to the batch. */
export function joinAnswers(answers: readonly ItemAnswers[]): ItemAnswers {
  return {
    gets: answers.flatMap(({ gets }) => gets),
    searches: answers.flatMap(({ searches }) => searches),
    listings: answers.flatMap(({ listings }) => listings),
  };
}

/** Stretches of at most so many, whose shares of what a statement has room for are at most one together; what takes more goes alone. */
function stretchesOf<T>(all: readonly T[], shareOf: (one: T) => number): T[][] {
  const stretches: T[][] = [];
  let share = 0;
  for (const one of all) {
    const last = stretches.at(-1);
    share += shareOf(one);
    if (last !== undefined && last.length < MAX_OPERATIONS && share <= 1) last.push(one);
    else {
      stretches.push([one]);
      share = shareOf(one);
    }
  }
  return stretches;
}
