import { exportsOf } from "./exports-of.ts";
import { isPublished, type Rule } from "./workspace.ts";

/** The words of GLOSSARY.md that are used instead of these. */
const SYNONYMS: Readonly<Record<string, string>> = {
  session: "run or thread",
  execution: "run",
  reservation: "hold",
  lock: "hold (a real lock goes on the list of exceptions)",
  limit: "cap",
  quota: "cap",
  snapshot: "checkpoint",
};

/** Exported names that mean the other thing. Each has its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  FolderLock: "a real lock: one process at a time may open a PGlite folder",
  lockFolder: "takes that lock",
};

/** Exported names use the glossary's word for an idea. */
export const oneWordPerIdea: Rule = {
  name: "one-word-per-idea",
  check(files) {
    return files
      .filter(({ path }) => isPublished(path))
      .flatMap((file) =>
        exportsOf(file).flatMap(({ name, line }) => {
          const synonym = wordsOf(name).find((word) => Object.hasOwn(SYNONYMS, word));
          if (!synonym || Object.hasOwn(EXCEPTIONS, name)) return [];
          return [
            {
              path: file.path,
              line,
              message: `${name}: the glossary says ${SYNONYMS[synonym]}, not ${synonym}`,
            },
          ];
        }),
      );
  },
};

function wordsOf(name: string): readonly string[] {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  return words.map((word) => word.toLowerCase().replace(/s$/, ""));
}
