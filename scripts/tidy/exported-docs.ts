import { exportsOf } from "./exports-of.ts";
import { isPublished, type Rule } from "./workspace.ts";

/** Every exported declaration says in a sentence what it is; of several overloads the first does. */
export const exportedDocs: Rule = {
  name: "exported-docs",
  check(files) {
    return files
      .filter(({ path }) => isPublished(path))
      .flatMap((file) => {
        const declarations = exportsOf(file);
        const documented = new Set(declarations.filter((found) => found.documented).map(({ name }) => name));
        return declarations
          .filter(({ name }) => !documented.has(name))
          .map(({ name, line }) => ({
            path: file.path,
            line,
            message: `${name} has no doc comment: one sentence`,
          }));
      });
  },
};
