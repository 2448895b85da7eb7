import { expect, test } from "vitest";
import { plainTextIn } from "./plain-text-in.ts";

test.each([
  ["the longest of the values", { status: "suspended", by: { list: [1, "no", "ab"] } }, "suspended"],
  ["no key", { longestOfAll: "a" }, "a"],
  [
    "no text that JSON writes in more than one way",
    { a: 'say "it"', b: "a/b", c: "a\\b", d: "é\n", e: "x" },
    "x",
  ],
  ["nothing where there is no text", { a: 1, b: [null, true, ""] }, undefined],
])("finds %s", (_, value, expected) => {
  expect(plainTextIn(JSON.stringify(value))).toBe(expected);
});

test("finds its way through JSON as deep as no stack is", () => {
  expect(plainTextIn(`${"[".repeat(5_000)}"deep"${"]".repeat(5_000)}`)).toBe("deep");
});
