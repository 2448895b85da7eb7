import { createPricing, InvalidAmountError, MAX_NANO_USD, usd, type Usage } from "@wflo/core";
import { Fraction } from "./support/fraction.ts";
import { printTable } from "./support/print-table.ts";
import { Random } from "./support/random.ts";
import { runBench } from "./support/run-bench.ts";

/** Money against exact rationals: reading, adding, and usage x rate card. Any difference is a broken promise. */

const PARSED = 500_000;
const SUMS = 200_000;
const COSTS = 600_000;
const CALLS_PER_CARD = 200;
const NANO = new Fraction(1_000_000_000n);
const MILLION = new Fraction(1n, 1_000_000n);
const PICO = new Fraction(1_000_000_000_000n);

interface Tally {
  readonly cases: number;
  readonly refused: number;
  readonly differences: readonly string[];
}

/** What an amount should read as in nano-dollars, "refused" where the ledger cannot hold it exactly. */
function expectedNanoUsd(text: string): bigint | "refused" {
  const nano = Fraction.ofDecimal(text).times(NANO);
  return nano.isWhole && nano.ceiling <= MAX_NANO_USD ? nano.ceiling : "refused";
}

function nanoUsdOf(amount: string | number): bigint | "refused" | "another error" {
  try {
    return usd(amount).nanoUsd;
  } catch (error) {
    return error instanceof InvalidAmountError ? "refused" : "another error";
  }
}

function randomAmount(random: Random): string | number {
  const whole = String(BigInt(random.digits(random.between(1, 11))));
  const decimals = random.digits(random.between(0, 11));
  const text = decimals === "" ? whole : `${whole}.${decimals}`;
  switch (random.between(0, 3)) {
    case 0:
      return Number(text);
    case 1:
      return random.between(0, 1_000_000) / 10 ** random.between(0, 12);
    case 2:
      return `0.${random.digits(9)}${"0".repeat(random.between(0, 5))}`;
    default:
      return text;
  }
}

function readAmounts(random: Random): Tally {
  const differences: string[] = [];
  let refused = 0;
  for (let at = 0; at < PARSED; at += 1) {
    const amount = randomAmount(random);
    const [expected, actual] = [expectedNanoUsd(String(amount)), nanoUsdOf(amount)];
    if (expected === "refused") refused += 1;
    if (expected !== actual) differences.push(`usd(${JSON.stringify(amount)}): ${actual}, not ${expected}`);
  }
  return { cases: PARSED, refused, differences };
}

function addAmounts(random: Random): Tally {
  const differences: string[] = [];
  const zero = new Fraction(0n);
  let [sum, exact] = [usd(0), zero];
  for (let at = 0; at < SUMS; at += 1) {
    const amount = `${random.between(0, 99)}.${random.digits(9)}`;
    sum = sum.plus(amount);
    exact = exact.plus(Fraction.ofDecimal(amount));
    const shown = Fraction.ofDecimal(sum.toString());
    if (exact.isAbove(shown) || shown.isAbove(exact))
      differences.push(`sum of ${at + 1} amounts: ${sum.toString()}`);
    if (at % 1_000 === 999) [sum, exact] = [usd(0), zero];
  }
  return { cases: SUMS, refused: 0, differences };
}

const PRICED = ["input", "cachedInput", "cacheWrite", "output"] as const;

/** A price a person may write: dollars per million tokens. Past 6 decimals it rounds up to a pico-dollar per token. */
function randomPrice(random: Random): string {
  return `${random.between(0, 600)}.${random.digits(random.pick([1, 2, 3, 4, 6, 6, 9]))}`;
}

function picoUsdPerToken(price: string): Fraction {
  return new Fraction(Fraction.ofDecimal(price).times(MILLION).times(PICO).ceiling, 1_000_000_000_000n);
}

function randomUsage(random: Random): Usage {
  const most = random.pick([100, 10_000, 2_000_000]);
  const inputTokens = random.between(0, most);
  const cachedInputTokens = random.between(0, inputTokens);
  const cacheWriteTokens = random.between(0, inputTokens - cachedInputTokens);
  return { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens: random.between(0, most) };
}

function exactNanoUsd(usage: Usage, prices: Readonly<Record<(typeof PRICED)[number], Fraction>>): bigint {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage;
  const counts = {
    input: inputTokens - cachedInputTokens - cacheWriteTokens,
    cachedInput: cachedInputTokens,
    cacheWrite: cacheWriteTokens,
    output: outputTokens,
  };
  const dollars = PRICED.reduce(
    (sum, meter) => sum.plus(prices[meter].times(new Fraction(BigInt(counts[meter])))),
    new Fraction(0n),
  );
  return dollars.times(NANO).ceiling;
}

function costs(random: Random): Tally {
  const differences: string[] = [];
  for (let card = 0; card < COSTS / CALLS_PER_CARD; card += 1) {
    const written = {
      input: randomPrice(random),
      cachedInput: randomPrice(random),
      cacheWrite: randomPrice(random),
      output: randomPrice(random),
    };
    const prices = {
      input: picoUsdPerToken(written.input),
      cachedInput: picoUsdPerToken(written.cachedInput),
      cacheWrite: picoUsdPerToken(written.cacheWrite),
      output: picoUsdPerToken(written.output),
    };
    const pricing = createPricing({ "bench/model": written });
    for (let call = 0; call < CALLS_PER_CARD; call += 1) {
      const usage = randomUsage(random);
      const cost = pricing.cost({ provider: "bench", model: "model", usage });
      const actual = cost.kind === "known" ? cost.nanoUsd : cost.kind;
      const expected = exactNanoUsd(usage, prices);
      if (actual !== expected)
        differences.push(`${JSON.stringify({ written, usage })}: ${actual}, not ${expected}`);
    }
  }
  return { cases: COSTS, refused: 0, differences };
}

await runBench("Money against exact rationals", 60, async (promises) => {
  const seed = Number(process.argv[2] ?? Date.now() % 1_000_000_000);
  const random = new Random(seed);
  const parts: [string, (random: Random) => Tally][] = [
    ["usd(text or number)", readAmounts],
    ["running sums", addAmounts],
    ["usage x rate card", costs],
  ];
  const tallies = parts.map(([name, work]) => {
    const started = performance.now();
    const tally = work(random);
    return { name, tally, seconds: (performance.now() - started) / 1000 };
  });
  printTable(
    ["part", "cases", "rightly refused", "differences", "seconds"],
    tallies.map(({ name, tally, seconds }) => [
      name,
      tally.cases,
      tally.refused,
      tally.differences.length,
      seconds.toFixed(1),
    ]),
  );
  const differences = tallies.flatMap(({ tally }) => tally.differences);
  for (const difference of differences.slice(0, 10)) console.log(difference);
  const cases = tallies.reduce((sum, { tally }) => sum + tally.cases, 0);
  console.log();
  promises.check("money equals exact rationals", differences.length === 0, `${cases} cases, seed ${seed}`);
});
