import { expect, test } from "vitest";
import { StepBook } from "./step-book.ts";

test("the result of a step is kept while the code may come to it again: inside of another one that may be tried again", () => {
  const steps = new StepBook();
  for (const path of ["outer", "outer/inner"]) steps.begin(path);
  steps.finish("outer/inner", { checkpointId: undefined, result: '"inner"' });
  steps.fail("outer");
  steps.begin("outer");
  expect(steps.begin("outer/inner")).toBe('"inner"');
  steps.finish("outer", { checkpointId: undefined, result: '"outer"' });
  expect(steps.resultOf("outer")).toBeUndefined();
  expect(() => steps.begin("outer")).toThrow("Step outer was already used in this run.");
  expect(steps.unused()).toEqual([]);
});
