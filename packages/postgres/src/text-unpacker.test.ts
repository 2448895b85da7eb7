import { expect, test } from "vitest";
import { packText } from "./packed-text.ts";
import { TextUnpacker } from "./text-unpacker.ts";

const textOf = (at: number) => `${at} is what it says. `.repeat(20_000);
const packed = Array.from({ length: 60 }, (_, at) => packText(textOf(at)).packed ?? "");

test("texts come back as they were, also those that were forgotten meanwhile", () => {
  const unpacker = new TextUnpacker();
  for (let times = 0; times < 2; times += 1) {
    for (const [at, text] of packed.entries()) {
      expect(unpacker.unpack(text) === textOf(at)).toBe(true);
      expect(unpacker.unpack(packed[0] ?? "") === textOf(0)).toBe(true);
    }
  }
});
