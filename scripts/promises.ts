/** Writes `docs/promises.md` from a run of every adapter's conformance tests: `npm run promises`. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisesPage } from "./checks/promises-table.ts";
import { runCommand } from "./checks/run-command.ts";

const root = dirname(import.meta.dirname);
const report = join(tmpdir(), `wflo-promises-${process.pid}.json`);
const args = ["run", "--project", "unit", "conformance", "--reporter=json", `--outputFile=${report}`];
const { code, output } = await runCommand("vitest", args, { cwd: root });
const page = promisesPage(readFileSync(report, "utf8"));
rmSync(report);
if (page === undefined || code !== 0) throw new Error(`The conformance tests did not pass.\n${output}`);
writeFileSync(join(root, "docs/promises.md"), page);
console.log("docs/promises.md is written.");
