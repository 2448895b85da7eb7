import { apart, createWflo, rejoined, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answer, ANSWER_COST, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
});
afterEach(() => wflo.close());

const inside = () => wflo.guardCall(request({ agent: "inside" }), async () => answer("inside"));
const linesOf = async () =>
  (await wflo.calls.list()).map(({ agent, charged, budgetIds }) => [agent, charged, budgetIds]);

test("a call that is made at the wire of another is a call of its own, on the budgets of the other too: both are charged", async () => {
  await wflo.guardCall(request({ budgets: ["b"], agent: "outside" }), async () => {
    await apart(inside);
    await apart(inside);
    return answer("outside");
  });
  const lines = await linesOf();
  expect(lines.filter(([agent]) => agent === "outside")).toEqual([["outside", ANSWER_COST, ["b"]]]);
  expect(lines.filter(([agent]) => agent === "inside")).toEqual([
    ["inside", ANSWER_COST, ["b"]],
    ["inside", ANSWER_COST, ["b"]],
  ]);
});

test("without it the first call inside is the same call, seen by two wrappers", async () => {
  await wflo.guardCall(request({ budgets: ["b"], agent: "outside" }), async () => {
    await inside();
    return answer("outside");
  });
  expect(await linesOf()).toEqual([["inside", ANSWER_COST, ["b"]]]);
});

test("what is at the wire and is the call's own request, by another layer, takes its hold over again", async () => {
  await wflo.guardCall(request({ budgets: ["b"], agent: "outside" }), async () => {
    await apart(() => rejoined(inside));
    return answer("outside");
  });
  expect(await linesOf()).toEqual([["inside", ANSWER_COST, ["b"]]]);
  expect(await rejoined(inside)).toBe("inside");
});

test("outside of any call it is nothing", async () => {
  expect(await apart(inside)).toBe("inside");
});
