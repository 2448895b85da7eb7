import { SAMPLE_TEXTS } from "@wflo/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { tokenBytes } from "./token-bytes.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;
/** Of each character by itself, in the longer of its two forms. */
const mostBytes = (text: string) =>
  [...text].reduce((sum, one) => sum + Math.max(bytesOf(one), bytesOf(one.normalize("NFKC"))), 0);

test("counts each character of Unicode in the longer of its two forms", () => {
  const wrong: string[] = [];
  for (let point = 0; point < 0x110000; point += 1) {
    const one = String.fromCodePoint(point);
    if (tokenBytes(one) !== mostBytes(one)) wrong.push(point.toString(16));
  }
  expect(wrong).toEqual([]);
}, 120_000);

test("counts texts of any kind and length, whichever way is faster", () => {
  const pieces = fc.constantFrom(
    ...Object.values(SAMPLE_TEXTS),
    "x".repeat(70_000),
    "ä",
    "½".repeat(30),
    "\ud83d",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: "binary" })), { maxLength: 6 }), (texts) => {
      const text = texts.join("");
      expect(tokenBytes(text)).toBe(mostBytes(text));
      expect(tokenBytes(text)).toBeGreaterThanOrEqual(bytesOf(text.normalize("NFKC")));
    }),
    { numRuns: 200 },
  );
});
