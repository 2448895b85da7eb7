import { expect, test } from "vitest";
import { afterPrefix } from "./after-prefix.ts";

test.each([
  ["user/", "user0"],
  ["é", "ê"],
  ["a\ud7ff", "a\ue000"],
  ["a\uffff", "a\u{10000}"],
  ["a\u{10ffff}\u{10ffff}", "b"],
  ["\u{10ffff}", undefined],
  ["", undefined],
])("comes right after all that begin with %j: %j", (prefix, after) => {
  expect(afterPrefix(prefix)).toBe(after);
  if (after === undefined) return;
  const last = Buffer.from(`${prefix}\u{10ffff}\u{10ffff}`);
  expect(Buffer.compare(last, Buffer.from(after))).toBe(-1);
});
