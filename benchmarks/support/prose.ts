import { Random } from "./random.ts";

const SYLLABLES = "an be co da er fi go hu in jo ke la mi no or pe qui re so ti un ve wa xi ya".split(" ");
const WORDS = 2_500;
const vocabulary = wordsOf(new Random(11));

/** So many characters that compress about as English does: some words come often, most seldom. The same seed gives the same text. */
export function prose(characters: number, seed: number): string {
  const random = new Random(seed);
  let text = "";
  while (text.length < characters) {
    const word = vocabulary[Math.floor(random.next() ** 2 * WORDS)] ?? "";
    text += word + (random.next() < 0.1 ? ". " : " ");
    if (random.next() < 0.03) text += `${random.between(0, 999_999)} `;
  }
  return text.slice(0, characters);
}

function wordsOf(random: Random): readonly string[] {
  return Array.from({ length: WORDS }, () =>
    Array.from({ length: random.between(1, 3) }, () => random.pick(SYLLABLES)).join(""),
  );
}
