import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidAmountError } from "../errors/invalid-amount-error.ts";
import { decimalUsd, formatUsd, MAX_NANO_USD, Money, usd } from "./money.ts";

/** An exact rational of its own, so that the code under test is not its own judge. */
function rational(text: string): readonly [bigint, bigint] {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const shift = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return shift >= 0 ? [digits, 10n ** BigInt(shift)] : [digits * 10n ** BigInt(-shift), 1n];
}

function isEqual([a, b]: readonly [bigint, bigint], [c, d]: readonly [bigint, bigint]): boolean {
  return a * d === c * b;
}

function attempt(work: () => bigint): bigint | string {
  try {
    return work();
  } catch (error) {
    return error instanceof InvalidAmountError ? error.code : "another error";
  }
}

const nanoUsd = fc.bigInt({ min: 0n, max: MAX_NANO_USD });
const decimalText = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 9_000_000_000n }),
    fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 9 }),
  )
  .map(([whole, fraction]) => (fraction === "" ? `${whole}` : `${whole}.${fraction}`));

describe("usd", () => {
  test("reads every decimal text of up to 9 decimals exactly", () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        expect(isEqual([usd(text).nanoUsd, 1_000_000_000n], rational(text))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("reads numbers through their shortest decimal text, never through the float behind it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_000_000_000 }),
        fc.integer({ min: 0, max: 9 }),
        (digits, decimals) => {
          const amount = Number(`${digits}e-${decimals}`);
          expect(isEqual([usd(amount).nanoUsd, 1_000_000_000n], rational(String(amount)))).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(usd(5.1).nanoUsd).toBe(5_100_000_000n);
    expect(usd(1e-7).nanoUsd).toBe(100n);
    expect(usd(" 5.00 ").toString()).toBe("5.00");
  });

  test("keeps an amount through text and JSON", () => {
    fc.assert(
      fc.property(nanoUsd, (amount) => {
        const money = new Money(amount);
        expect(isEqual([amount, 1_000_000_000n], rational(money.toString()))).toBe(true);
        expect(usd(money.toString()).nanoUsd).toBe(amount);
        expect(JSON.parse(JSON.stringify(money))).toBe(money.toString());
        expect(formatUsd(amount)).toBe(`$${money.toString()}`);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["-1"],
    ["-0.01"],
    [""],
    ["five"],
    ["1,000.00"],
    ["$5"],
    ["1.0000000001"],
    ["9223372036.854775808"],
    ["1e999"],
    [-1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1e-10],
    [0.1 + 0.2],
    [10n],
    [null],
    [undefined],
    [{}],
  ])("refuses %s, which is not an amount it can count exactly", (amount) => {
    expect(() => usd(amount as string)).toThrow(InvalidAmountError);
  });
});

describe("Money", () => {
  test("adds, subtracts and compares like exact fractions, and never leaves its range", () => {
    fc.assert(
      fc.property(nanoUsd, nanoUsd, (a, b) => {
        const [x, y] = [new Money(a), new Money(b)];
        expect(attempt(() => x.plus(y).nanoUsd)).toBe(a + b <= MAX_NANO_USD ? a + b : "WFLO_INVALID_AMOUNT");
        expect(attempt(() => x.minus(y).nanoUsd)).toBe(a >= b ? a - b : "WFLO_INVALID_AMOUNT");
        expect(x.compare(y)).toBe(a === b ? 0 : a < b ? -1 : 1);
        expect(x.equals(decimalUsd(b))).toBe(a === b);
      }),
      { numRuns: 2_000 },
    );
  });

  test("sums ten thousand small amounts without drift", () => {
    let sum = usd(0);
    for (let index = 0; index < 10_000; index += 1) sum = sum.plus("0.0000641");
    expect(sum.toString()).toBe("0.641");
  });

  test("shows negative counts, as of a budget in overrun, with the sign in front", () => {
    expect(decimalUsd(-1_500_000_000n)).toBe("-1.50");
    expect(formatUsd(-1n)).toBe("-$0.000000001");
  });
});
