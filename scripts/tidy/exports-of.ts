import { lineAt, type SourceFile } from "./workspace.ts";

/** One exported declaration. */
export interface ExportedDeclaration {
  readonly name: string;
  readonly line: number;
  /** A doc comment stands right above it. */
  readonly documented: boolean;
}

const DECLARATION =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|class|interface|type|const enum|enum|const|let|namespace) ([\w$]+)/gm;

/** The exported declarations of a file; lists such as `export { a } from` are somebody else's declarations. */
export function exportsOf({ text }: SourceFile): readonly ExportedDeclaration[] {
  return [...text.matchAll(DECLARATION)].map((match) => ({
    name: match[1] ?? "",
    line: lineAt(text, match.index),
    documented: text.slice(0, match.index).trimEnd().endsWith("*/"),
  }));
}
