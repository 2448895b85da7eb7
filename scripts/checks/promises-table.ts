/** Tests of adapters, as vitest's JSON report tells of them. */
interface Report {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly Assertion[] }[];
}

interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly meta?: { readonly skipReason?: string };
}

/** Those of stores have the same name. */
const SUITES = /packages\/(?!postgres\/)[^/]+\/test\/conformance\.test\.ts$/;
/** How the suite names a test that an adapter leaves out. */
const SKIPPED = / \(skipped: (.*)\)$/s;
const INTRODUCTION = `# What each adapter was seen to keep

Made from a test run by \`npm run promises\`, and compared with one by \`npm test\`: do not edit. Every row is a case of \`testAdapter\` in
[\`@wflo/testkit\`](../packages/testkit), which drives the framework's own client against the simulated provider over HTTP; ✓ has passed, and a
number says why it was left out.`;

/** The promises of all adapters as a page, by theme; undefined where the report has no run of the suite. */
export function promisesPage(reportJson: string): string | undefined {
  const { testResults } = JSON.parse(reportJson) as Report;
  const assertions = testResults
    .filter(({ name }) => SUITES.test(name.replaceAll("\\", "/")))
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .flatMap(({ assertionResults }) => assertionResults);
  if (assertions.length === 0) return undefined;
  const adapters = [...new Set(assertions.map(({ ancestorTitles }) => ancestorTitles[0] ?? ""))];
  const themes = Map.groupBy(assertions, ({ ancestorTitles }) => ancestorTitles[1] ?? "");
  const reasons: string[] = [];
  const sections = [...themes].map(([theme, cases]) => sectionOf(theme, cases, adapters, reasons));
  const notes = reasons.map((reason, at) => `${at + 1}. ${reason}`);
  return `${[INTRODUCTION, ...sections, "## Left out", notes.join("\n")].join("\n\n")}\n`;
}

function sectionOf(
  theme: string,
  cases: readonly Assertion[],
  adapters: readonly string[],
  reasons: string[],
): string {
  const rows = Map.groupBy(cases, ({ title }) => title.replace(SKIPPED, ""));
  const lines = [...rows].map(([title, tried]) => {
    const cells = adapters.map((adapter) =>
      cellOf(
        tried.find(({ ancestorTitles }) => ancestorTitles[0] === adapter),
        reasons,
      ),
    );
    return `| ${title} | ${cells.join(" | ")} |`;
  });
  const head = `| ${theme} | ${adapters.join(" | ")} |`;
  const rule = `| --- | ${adapters.map(() => "---").join(" | ")} |`;
  return [`## ${theme}`, "", head, rule, ...lines].join("\n");
}

function cellOf(tried: Assertion | undefined, reasons: string[]): string {
  if (tried === undefined) return "";
  if (tried.status === "passed") return "✓";
  if (tried.status === "failed") return "✗";
  const reason = tried.meta?.skipReason ?? SKIPPED.exec(tried.title)?.[1] ?? "no reason was given";
  if (!reasons.includes(reason)) reasons.push(reason);
  return String(reasons.indexOf(reason) + 1);
}
