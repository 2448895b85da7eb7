import { posix } from "node:path";
import { lineAt, type SourceFile } from "./workspace.ts";

/** One import or re-export of a file. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

const STATEMENT = /^[ \t]*(?:import|export)\b(?:[^;"'`]*?\bfrom)?\s*["']([^"'\n]+)["']/gm;
const CALL = /\bimport\(\s*["']([^"'\n]+)["']/g;

/** Everything a file imports: statements, re-exports, and `import(...)` of values and types. */
export function importsOf({ text }: SourceFile): readonly Import[] {
  return [...text.matchAll(STATEMENT), ...text.matchAll(CALL)].map((match) => ({
    specifier: match[1] ?? "",
    line: lineAt(text, match.index + match[0].search(/\S/)),
  }));
}

/** The path that a relative import names; undefined for packages. */
export function targetOf(from: SourceFile, { specifier }: Import): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(from.path), specifier) : undefined;
}
