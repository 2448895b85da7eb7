import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../checks/run-command.ts";
import type { Finding, SourceFile } from "./workspace.ts";

/** One block of TypeScript in a page. `code` starts on the same line as in the page. */
export interface Snippet {
  readonly page: string;
  readonly code: string;
}

const PAGES = ["*.md", "docs/**/*.md", "packages/*/README.md"];
const FENCE = /^```ts[ \t]*([^\n]*)\n([\s\S]*?)^```/gm;
const FOLDER = join("apps", "examples", ".snippets");
const CONFIG = {
  extends: "../tsconfig.json",
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, incremental: false },
  include: ["./*.ts"],
};

/** The blocks of a page that are compiled: every "ts" block but those marked "ts nocheck". */
export function snippetsOf({ path, text }: SourceFile): readonly Snippet[] {
  return [...text.matchAll(FENCE)]
    .filter(([, mark]) => !mark?.includes("nocheck"))
    .map((match) => {
      const linesAbove = text.slice(0, match.index).split("\n").length;
      return { page: path, code: "\n".repeat(linesAbove) + (match[2] ?? "") };
    });
}

/** Compiles the blocks of all pages as they stand; findings carry the page's own lines. */
export async function checkSnippets(root: string): Promise<readonly Finding[]> {
  const pages = globSync(PAGES, { cwd: root }).map((path) => ({
    path,
    text: readFileSync(join(root, path), "utf8"),
  }));
  const snippets = pages.flatMap(snippetsOf);
  const folder = join(root, FOLDER);
  rmSync(folder, { recursive: true, force: true });
  if (snippets.length === 0) return [];
  mkdirSync(folder, { recursive: true });
  snippets.forEach(({ code }, number) => writeFileSync(join(folder, `snippet-${number}.ts`), code));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
  const { code, output } = await runCommand("tsc", ["--project", folder, "--pretty", "false"], {
    cwd: folder,
  });
  return code === 0 ? [] : findingsOf(output, snippets);
}

/** Reads the compiler's lines back into the pages. What belongs to no snippet is told as it is. */
export function findingsOf(output: string, snippets: readonly Snippet[]): readonly Finding[] {
  return output
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith(" "))
    .map((line) => {
      const match = /snippet-(\d+)\.ts\((\d+),\d+\): (.*)/.exec(line);
      if (!match) return { path: FOLDER, message: line };
      const [, number, at, message] = match;
      return { path: snippets[Number(number)]?.page ?? FOLDER, line: Number(at), message: message ?? line };
    });
}
