import type { StageResult } from "./stage.ts";

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Counts the tests of a vitest run from its JSON report. A file that did not load, a run that crashed and a run without a
 * test are failures of their own, so that nothing that went wrong can look green.
 */
export function countTests(reportJson: string | undefined, exitCode: number): StageResult {
  const report = parse(reportJson);
  if (!report) return { passed: 0, failed: 1, note: "vitest wrote no report" };
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const counted = report.numFailedTests + brokenFiles;
  const none = report.numPassedTests + counted === 0;
  const crashed = counted === 0 && (exitCode !== 0 || none);
  const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : "";
  return {
    passed: report.numPassedTests,
    failed: counted + (crashed ? 1 : 0),
    note: none
      ? "no test was run"
      : `${report.numPassedTests} tests in ${report.testResults.length} files${skipped}`,
  };
}

function parse(json: string | undefined): VitestReport | undefined {
  try {
    return JSON.parse(json ?? "") as VitestReport;
  } catch {
    return undefined;
  }
}
