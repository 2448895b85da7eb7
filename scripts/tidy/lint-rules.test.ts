import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "../checks/run-command.ts";

const root = dirname(dirname(import.meta.dirname));
const folder = mkdtempSync(join(tmpdir(), "wflo-lint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CORE = "packages/core/src";
const LONG = `export function long(): void {\n${"  console.log(1);\n".repeat(71)}}\n`;
const LINES = Array.from({ length: 401 }, (_, number) => `export const line${number} = 1;\n`).join("");
const PLANTED: readonly (readonly [rule: string, path: string, text: string])[] = [
  ["no-cycle", `${CORE}/a.ts`, 'import { b } from "./b.ts";\nexport const a = (): number => b();\n'],
  ["no-cycle", `${CORE}/b.ts`, 'import { a } from "./a.ts";\nexport const b = (): number => a();\n'],
  ["no-default-export", `${CORE}/c.ts`, "export default 1;\n"],
  ["no-explicit-any", `${CORE}/d.ts`, "export const d = (x: any): void => console.log(x);\n"],
  ["max-lines-per-function", `${CORE}/e.ts`, LONG],
  ["max-lines", `${CORE}/f.ts`, LINES],
  ["no-restricted-globals", `${CORE}/g.ts`, 'export const g = Buffer.from("g");\n'],
  ["no-warning-comments", `${CORE}/h.ts`, `// ${"TO"}DO: later\nexport {};\n`],
  ["no-floating-promises", `${CORE}/i.ts`, "Promise.resolve(1);\n"],
  [
    "no-focused-tests",
    `${CORE}/j.test.ts`,
    'import { expect, it } from "vitest";\nit.only("j", () => expect(1).toBe(1));\n',
  ],
  [
    "no-disabled-tests",
    `${CORE}/k.test.ts`,
    'import { expect, it } from "vitest";\nit.skip("k", () => expect(1).toBe(1));\n',
  ],
];

it("the linter catches every planted fault, and only those", async () => {
  copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  writeFileSync(join(folder, "tsconfig.json"), '{ "include": ["packages"] }');
  mkdirSync(join(folder, CORE), { recursive: true });
  for (const [, path, text] of PLANTED) writeFileSync(join(folder, path), text);
  writeFileSync(join(folder, CORE, "long.test.ts"), LONG + LINES);
  const { output } = await runCommand("oxlint", ["--type-aware", "--format=json"], { cwd: folder });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string; filename: string }[] };
  const found = diagnostics.map(
    ({ code, filename }) => `${/\(([^)]+)\)/.exec(code)?.[1]} ${filename.replaceAll("\\", "/")}`,
  );
  expect(new Set(found)).toEqual(new Set(PLANTED.map(([rule, path]) => `${rule} ${path}`)));
});
