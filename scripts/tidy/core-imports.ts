import { importsOf } from "./imports.ts";
import { type Finding, isPublished, type Rule, type SourceFile } from "./workspace.ts";

const CONTEXT_FILE = "packages/core/src/run/run-context.ts";

/** Core runs wherever JavaScript does: Web APIs, one file with async context, no dependency. */
export const coreImports: Rule = {
  name: "core-imports",
  check(files) {
    const core = files.filter(({ path }) => path.startsWith("packages/core/src/") && isPublished(path));
    return [...core.flatMap(nodeImports), ...files.flatMap(dependencies)];
  },
};

function nodeImports(file: SourceFile): readonly Finding[] {
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith("node:"))
    .filter(({ specifier }) => file.path !== CONTEXT_FILE || specifier !== "node:async_hooks")
    .map(({ specifier, line }) => ({
      path: file.path,
      line,
      message: `core may import node:async_hooks in ${CONTEXT_FILE} and nothing else of Node, not ${specifier}`,
    }));
}

function dependencies({ path, text }: SourceFile): readonly Finding[] {
  if (path !== "packages/core/package.json") return [];
  const names = Object.keys((JSON.parse(text) as { dependencies?: object }).dependencies ?? {});
  return names.length === 0 ? [] : [{ path, message: `core has no dependency; found: ${names.join(", ")}` }];
}
