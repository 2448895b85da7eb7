import { importsOf } from "./imports.ts";
import { type Finding, isPublished, type Rule, type SourceFile } from "./workspace.ts";

const CONTEXT_FILE = "packages/core/src/run/run-context.ts";
const RATE_CARDS = "@pydantic/genai-prices";

/** Core runs wherever JavaScript does: Web APIs, one file with async context, one dependency behind one file. */
export const coreImports: Rule = {
  name: "core-imports",
  check(files) {
    const core = files.filter(({ path }) => path.startsWith("packages/core/src/") && isPublished(path));
    return [...core.flatMap(nodeImports), ...rateCardImports(core), ...files.flatMap(dependencies)];
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

function rateCardImports(core: readonly SourceFile[]): readonly Finding[] {
  const users = core.filter((file) =>
    importsOf(file).some(({ specifier }) => specifier.startsWith(RATE_CARDS)),
  );
  return users.slice(1).map(({ path }) => ({
    path,
    message: `${RATE_CARDS} is imported by ${users[0]?.path} already: go through it`,
  }));
}

function dependencies({ path, text }: SourceFile): readonly Finding[] {
  if (path !== "packages/core/package.json") return [];
  const names = Object.keys((JSON.parse(text) as { dependencies?: object }).dependencies ?? {});
  const right = names.length === 1 && names[0] === RATE_CARDS;
  return right
    ? []
    : [
        {
          path,
          message: `core has exactly one dependency, ${RATE_CARDS}; found: ${names.join(", ") || "none"}`,
        },
      ];
}
