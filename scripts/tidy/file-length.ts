import { isTest, type Rule } from "./workspace.ts";

const ASK_AT_LINES = 250;

/** Not a failure: files that should be asked whether they hold one thing. The linter stops at 400 lines. */
export const fileLength: Rule = {
  name: "file-length",
  check(files) {
    return files
      .filter(({ path }) => path.endsWith(".ts") && !isTest(path))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > ASK_AT_LINES)
      .map(({ path, lines }) => ({ path, message: `${lines} lines: does it hold one thing?` }));
  },
};
