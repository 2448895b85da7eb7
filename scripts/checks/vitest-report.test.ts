import { expect, it } from "vitest";
import { countTests } from "./vitest-report.ts";

const file = (status: string, ...tests: string[]): object => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});
const report = (passed: number, failed: number, ...testResults: object[]): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: 0, testResults });

it("counts tests that passed and failed", () => {
  expect(countTests(report(2, 1, file("failed", "passed", "passed", "failed")), 1)).toMatchObject({
    passed: 2,
    failed: 1,
  });
});

it("counts a file that did not load", () => {
  expect(countTests(report(1, 0, file("passed", "passed"), file("failed")), 1)).toMatchObject({
    passed: 1,
    failed: 1,
  });
});

it("counts a crash after the last test", () => {
  expect(countTests(report(1, 0, file("passed", "passed")), 1)).toMatchObject({ passed: 1, failed: 1 });
});

it.each([report(0, 0), undefined, "half a rep"])(
  "fails a run without tests or without a report: %s",
  (json) => {
    expect(countTests(json, 0)).toMatchObject({ passed: 0, failed: 1 });
  },
);
