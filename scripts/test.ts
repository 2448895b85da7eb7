/**
 * Everything that a change must pass: `npm test`, or `npm test -- lint types` for some stages.
 * The last line is `N passed, N failed`: vitest's tests, plus one for every other check.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkTarball, packPackage, publishablePackages } from "./checks/packages.ts";
import { runCommand } from "./checks/run-command.ts";
import { runStages, type Stage, type StageResult } from "./checks/stage.ts";
import { promisesPage } from "./checks/promises-table.ts";
import { countTests } from "./checks/vitest-report.ts";
import { checkPackedApp } from "./packed-app/check-packed-app.ts";

const root = dirname(import.meta.dirname);
const scratch = join(tmpdir(), `wflo-test-${process.pid}`);
const tarballs = new Map<string, string>();

/** A stage that is one command. */
function command(name: string, program: string, args: readonly string[]): Stage {
  return {
    name,
    async run() {
      const { code, output } = await runCommand(program, args, { cwd: root });
      return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, details: output };
    },
  };
}

const report = join(scratch, "vitest.json");

async function runVitest(): Promise<StageResult> {
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  // Tests start hundreds of processes: what one of them has compiled the next ones read.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(scratch, "compiled") };
  const { code } = await runCommand("vitest", args, { cwd: root, env, show: true });
  return countTests(readIfThere(report), code);
}

/** What the docs say of adapters is what the run of their tests has shown. */
async function checkPromises(): Promise<StageResult> {
  const page = promisesPage(readIfThere(report) ?? '{"testResults":[]}');
  const written = readIfThere(join(root, "docs/promises.md"));
  if (page !== undefined && page === written) return { passed: 1, failed: 0 };
  return {
    passed: 0,
    failed: 1,
    details: "docs/promises.md is not what the tests have shown: npm run promises",
  };
}

async function checkPackages(): Promise<StageResult> {
  const results: StageResult[] = [];
  for (const target of publishablePackages(root)) {
    const tarball = await packPackage(target, scratch);
    tarballs.set(target.name, tarball);
    results.push(await checkTarball(tarball));
  }
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    note: `publint and attw on ${results.length} tarballs`,
    details: results.map(({ details }) => details).join("\n"),
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

const stages: readonly Stage[] = [
  command("format", "oxfmt", ["--check", "."]),
  command("lint", "oxlint", ["--type-aware", "--deny-warnings"]),
  command("tidy", process.execPath, ["scripts/tidy.ts"]),
  command("types", "turbo", ["run", "typecheck", "--continue", "--output-logs=errors-only"]),
  { name: "vitest", run: runVitest },
  { name: "promises", needs: ["vitest"], run: checkPromises },
  command("build", "turbo", ["run", "build", "--output-logs=errors-only"]),
  { name: "packages", needs: ["build"], run: checkPackages },
  { name: "packed", needs: ["build", "packages"], run: () => checkPackedApp({ root, scratch, tarballs }) },
];

// Colours are for people who watch.
if (!process.stdout.isTTY) process.env["NO_COLOR"] = "1";
const asked = process.argv.slice(2);
const chosen = asked.length > 0 ? stages.filter(({ name }) => asked.includes(name)) : stages;
const unknown = asked.filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no stage ${unknown.join(", ")}. Stages: ${stages.map(({ name }) => name).join(" ")}`,
  );
  process.exit(2);
}
mkdirSync(scratch, { recursive: true });
process.on("exit", () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
const startedMs = performance.now();
const { passed, failed } = await runStages(chosen, (line) => console.log(line));
console.log(`\n${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
