/** `npm run tidy`: the rules of the house that no linter knows. Exits with 1 if one is broken. */
import { dirname } from "node:path";
import { adapterFiles } from "./tidy/adapter-files.ts";
import { coreArrows } from "./tidy/core-arrows.ts";
import { coreImports } from "./tidy/core-imports.ts";
import { checkSnippets } from "./tidy/doc-snippets.ts";
import { exportedDocs } from "./tidy/exported-docs.ts";
import { fileLength } from "./tidy/file-length.ts";
import { fileNames } from "./tidy/file-names.ts";
import { oneWordPerIdea } from "./tidy/one-word-per-idea.ts";
import { packageArrows } from "./tidy/package-arrows.ts";
import { testAssertions } from "./tidy/test-assertions.ts";
import { type Finding, readWorkspace } from "./tidy/workspace.ts";

const RULES = [
  packageArrows,
  coreArrows,
  coreImports,
  adapterFiles,
  fileNames,
  exportedDocs,
  oneWordPerIdea,
  testAssertions,
];

function print(rule: string, { path, line, message }: Finding): void {
  console.log(`${path}${line === undefined ? "" : `:${line}`}  ${message}  (${rule})`);
}

const root = dirname(import.meta.dirname);
const files = readWorkspace(root);
let broken = 0;
for (const rule of RULES) {
  const findings = rule.check(files);
  findings.forEach((finding) => print(rule.name, finding));
  broken += findings.length;
}
const uncompiled = await checkSnippets(root);
uncompiled.forEach((finding) => print("doc-snippets", finding));
broken += uncompiled.length;
fileLength.check(files).forEach((finding) => print("file-length, only a question", finding));
console.log(
  broken === 0 ? `tidy: ${files.length} files` : `tidy: ${broken} findings in ${files.length} files`,
);
process.exitCode = broken === 0 ? 0 : 1;
