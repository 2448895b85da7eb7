import { createWflo, type CallCharge, type Grant, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answer, ANSWER_COST, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false, settle: "background" });
  await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
  await wflo.budgets.set({ id: "small", caps: { month: "0.50" }, timeZone: "UTC" });
});
afterEach(() => wflo.close());

/** Makes a call and tells what its grant has to say when it is over. */
async function told(budgets: readonly string[], outcome?: object): Promise<CallCharge | undefined> {
  let granted: Grant | undefined;
  await wflo.guardCall(request({ budgets }), async (grant) => {
    granted = grant;
    expect(grant.charge()).toBeUndefined();
    return outcome === undefined ? answer("text") : { value: "text", outcome: outcome as never };
  });
  return granted?.charge();
}

test("a grant tells what its call was charged, and what its tightest budget has left, once it is closed", async () => {
  const charge = await told(["b", "small"]);
  const line = (await wflo.calls.list())[0];
  expect(charge).toMatchObject({ callId: line?.callId, cost: ANSWER_COST, costKind: "known" });
  const left = 0.5 - Number(ANSWER_COST);
  expect(charge?.left).toMatchObject({ budgetId: "small", window: "month" });
  expect(Number(charge?.left?.amount)).toBeCloseTo(left, 9);
  expect(charge?.left?.resetsAt).toBeInstanceOf(Date);
});

test("a charge that is still on its way to the ledger is off what is left, and nothing that is only held", async () => {
  let first: CallCharge | undefined;
  // Holds money all the while.
  await wflo.guardCall(request({ budgets: ["b"], hold: "0.30" }), async () => {
    first = await wflo
      .guardCall(request({ budgets: ["b"], tool: true, price: "0.10" }), async (grant) => ({
        value: grant,
        usage: undefined,
      }))
      .then((grant) => grant.charge());
    return answer("outside");
  });
  expect(first?.left?.amount).toBe("0.90");
  const second = await told(["b"]);
  expect(Number(second?.left?.amount)).toBeCloseTo(0.9 - 2 * Number(ANSWER_COST), 9);
});

test("where the cost is not known the hold is told, as unknown; without a budget nothing is left of anything", async () => {
  const charge = await told(["b"], { kind: "doubt", reason: "nobody knows" });
  const [line] = await wflo.calls.list();
  expect(charge).toMatchObject({ cost: line?.held, costKind: "unknown" });
  expect((await told([]))?.left).toBeUndefined();
});

test("a call counts under the step that it names", async () => {
  await wflo.run({ name: "r", budget: "1.00" }, (run) =>
    run.step("around", () => wflo.guardCall(request({ step: "review" }), async () => answer("text"))),
  );
  expect((await wflo.calls.list())[0]?.step).toBe("review");
  const strange = wflo.guardCall(request({ step: "" }), async () => answer("text"));
  await expect(strange).rejects.toThrow("The step of a call's place is a text");
});
