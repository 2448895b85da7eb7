import { expect, test } from "vitest";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { Emitter } from "./emitter.ts";

const unheard = new Emitter(() => {});

test("refuses an event that there is not, and names those that there are", () => {
  const listen = () => unheard.on("call-ended" as "call-end", () => {});
  expect(listen).toThrow(InvalidOptionError);
  expect(listen).toThrow(/There is no event "call-ended". There are call-start, call-end, /);
});

test("refuses a listener that is no function", () => {
  expect(() => unheard.on("call-end", undefined as never)).toThrow('A listener of "call-end" is a function');
});
