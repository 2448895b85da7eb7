import fc from "fast-check";
import { expect, test } from "vitest";
import { picoUsdOfCatalogueNumber, picoUsdPerPiece, picoUsdPerToken } from "./pico-usd.ts";

test.each([
  [2.5, 2_500_000n],
  [0.0028, 2_800n],
  [0.000001, 1n],
  [1e-7, 1n],
  [2.5e-7, 1n],
  [600, 600_000_000n],
  [0, 0n],
  // Float dirt and repeating decimals of the catalogue: upwards.
  [0.18000000000000002, 180_001n],
  [0.08333333333333334, 83_334n],
])("reads %d dollars a million as %d pico-dollars a token", (dollars, picoUsd) => {
  expect(picoUsdOfCatalogueNumber(dollars)).toBe(picoUsd);
});

test("reads every catalogue number of up to 6 decimals exactly", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (micro) => {
      expect(picoUsdOfCatalogueNumber(Number(`${micro}e-6`))).toBe(BigInt(micro));
    }),
    { numRuns: 2_000 },
  );
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("has no price for %d", (dollars) => {
  expect(picoUsdOfCatalogueNumber(dollars)).toBeUndefined();
});

test("reads a user's amounts exactly, and rounds up past 6 decimals", () => {
  expect(picoUsdPerToken("0.15")).toBe(150_000n);
  expect(picoUsdPerToken(0.000000001)).toBe(1n);
  expect(picoUsdPerPiece("0.0025")).toBe(2_500_000_000n);
});
