import { expect, test } from "vitest";
import { promisesPage } from "./promises-table.ts";

const test1 = (adapter: string, title: string, status: string, meta = {}) => ({
  ancestorTitles: [adapter, "charges"],
  title,
  status,
  meta,
});

function report(
  ...files: readonly { readonly name: string; readonly assertionResults: readonly object[] }[]
) {
  return JSON.stringify({ testResults: files });
}

test("each case of the suite is a row, each adapter a column, and what was left out has its reason", () => {
  const page = promisesPage(
    report(
      {
        name: "/x/packages/b/test/conformance.test.ts",
        assertionResults: [
          test1("B", "charges once (skipped: it has no streams)", "skipped"),
          test1("B", "waits", "skipped", { skipReason: "it has no streams" }),
        ],
      },
      {
        name: "/x/packages/a/test/conformance.test.ts",
        assertionResults: [test1("A", "charges once", "passed"), test1("A", "waits", "failed")],
      },
      {
        name: "/x/packages/postgres/test/conformance.test.ts",
        assertionResults: [test1("P", "a store", "passed")],
      },
      { name: "/x/packages/a/test/other.test.ts", assertionResults: [test1("C", "else", "passed")] },
    ),
  );
  expect(page).toContain(
    "| charges | A | B |\n| --- | --- | --- |\n| charges once | ✓ | 1 |\n| waits | ✗ | 1 |",
  );
  expect(page).toContain("## Left out\n\n1. it has no streams\n");
  expect(page).not.toContain("else");
  expect(page).not.toContain("a store");
});

test("a run without the suite has no page", () => {
  expect(promisesPage(report())).toBeUndefined();
});
