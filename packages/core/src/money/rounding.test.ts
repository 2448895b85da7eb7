import fc from "fast-check";
import { expect, test } from "vitest";
import { divideDown, divideUp, nanoUsdFromPico } from "./rounding.ts";

const amount = fc.bigInt({ min: 0n, max: 10n ** 30n });
const divisor = fc.bigInt({ min: 1n, max: 10n ** 12n });

test("rounds up by less than one and down by less than one", () => {
  fc.assert(
    fc.property(amount, divisor, (a, b) => {
      const up = divideUp(a, b);
      const down = divideDown(a, b);
      expect(up * b >= a && (up - 1n) * b < a).toBe(true);
      expect(down * b <= a && (down + 1n) * b > a).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("charges at most one nano-dollar too much, never too little", () => {
  expect([0n, 1n, 999n, 1_000n, 1_001n].map(nanoUsdFromPico)).toEqual([0n, 1n, 1n, 1n, 2n]);
});
