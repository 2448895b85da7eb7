import { expect, test } from "vitest";
import { percentilesOf } from "./write-report.ts";

test("half of the samples lie below p50, all but a hundredth below p99", () => {
  const samples = Array.from({ length: 1_000 }, (_, at) => 1_000 - at);
  expect(percentilesOf(samples)).toEqual({ p50: 501, p99: 991 });
  expect(percentilesOf([1.26])).toEqual({ p50: 1.3, p99: 1.3 });
  expect(percentilesOf([])).toEqual({ p50: null, p99: null });
});
