import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of the tree, with `/` in its path on every system. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What a rule found. `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

/** One rule of the house. It sees every file; it says what is wrong and what to do. */
export interface Rule {
  readonly name: string;
  check(files: readonly SourceFile[]): readonly Finding[];
}

const WATCHED = [
  "packages/*/package.json",
  "packages/*/*.ts",
  "packages/*/{src,test}/**/*.ts",
  "{apps,benchmarks,scripts}/**/*.{ts,mjs}",
];
const IGNORED = /(^|\/)(node_modules|dist|\.snippets|\.turbo|\.wflo|\.mastra[^/]*)(\/|$)/;

/** Reads the files that the rules look at. */
export function readWorkspace(root: string): readonly SourceFile[] {
  const paths = globSync(WATCHED, { cwd: root, exclude: (path) => IGNORED.test(slashed(path)) });
  return paths
    .map(slashed)
    .filter((path) => !IGNORED.test(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Files made up from a record of path to text, for the tests of the rules. */
export function filesOf(texts: Readonly<Record<string, string>>): readonly SourceFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }));
}

/** Tests, type tests, and what only they use. */
export function isTest(path: string): boolean {
  return /\.test(-d)?\.ts$/.test(path) || /^packages\/[^/]+\/test\//.test(path);
}

/** Source that is published: `packages/NAME/src`, without the tests beside it. */
export function isPublished(path: string): boolean {
  return /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && !isTest(path);
}

/** The line of a position in a text, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}
