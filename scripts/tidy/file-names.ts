import type { Rule } from "./workspace.ts";

const EMPTY_NAMES = ["utils", "util", "helpers", "helper", "types", "manager", "common", "misc"];
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Files and folders are kebab-case and named after the one thing they hold. */
export const fileNames: Rule = {
  name: "file-names",
  check(files) {
    return files.flatMap(({ path }) =>
      path.split("/").flatMap((part) => {
        const name = part.split(".")[0] ?? "";
        const empty = name.split("-").find((word) => EMPTY_NAMES.includes(word));
        if (empty)
          return [{ path, message: `"${empty}" says nothing: name it after the one thing it holds` }];
        return KEBAB.test(name) ? [] : [{ path, message: `"${part}" is not kebab-case` }];
      }),
    );
  },
};
