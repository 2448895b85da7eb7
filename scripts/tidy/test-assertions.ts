import { importsOf } from "./imports.ts";
import type { Rule } from "./workspace.ts";

const ASSERTION =
  /\bexpect(TypeOf)?\s*[(.<]|\bassert\w*\s*[(.]|@ts-expect-error|\bsatisfies\b|\bfc\.assert\b/;

/** A test file asserts something itself, or runs a suite of the testkit. */
export const testAssertions: Rule = {
  name: "test-assertions",
  check(files) {
    return files
      .filter(({ path }) => /\.test(-d)?\.ts$/.test(path))
      .filter((file) => !ASSERTION.test(file.text))
      .filter(
        (file) =>
          !importsOf(file).some(
            ({ specifier }) => specifier === "@wflo/testkit" || /conformance/.test(specifier),
          ),
      )
      .map(({ path }) => ({ path, message: "asserts nothing" }));
  },
};
