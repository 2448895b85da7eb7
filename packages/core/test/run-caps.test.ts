import { BudgetExceededError, createWflo, memoryDatabase, type Database, type Wflo } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";
import { answer, ANSWER_COST, request } from "./support/model.ts";

/** Less than a call is held for. */
const TOO_LITTLE = "0.0001";
/** Enough for one call, not for the hold of a second. */
const FOR_ONE = "0.003";

let database: Database;
let wflo: Wflo;
beforeEach(() => {
  database = memoryDatabase();
  wflo = createWflo({ database, logger: false, waitMs: 100 });
});
const call = () => wflo.guardCall(request({ maxOutputTokens: 200 }), async () => answer("answered"));
const costOf = async (workflow: string) => {
  const [run] = await wflo.runs.list({ workflow });
  return (await wflo.runs.get(run?.id ?? ""))?.cost;
};

test("an agent that begins while the run is being rolled back stays under its cap", async () => {
  const refused = wflo.run({ name: "w" }, async (run) => {
    const agent = (work: () => unknown) => run.agent({ name: "x", budget: FOR_ONE }, work);
    await run.checkpoint("start", 1);
    await agent(() => 1);
    const twoCalls = async () => [await call(), await call()];
    await Promise.all([run.rollback("start"), agent(twoCalls)]);
  });
  await expect(refused).rejects.toThrow(BudgetExceededError);
  expect((await costOf("w"))?.total).toBe(ANSWER_COST);
});

test("the cap of an agent can be raised, however long its path is", async () => {
  const keys = ["a", "b"].map((end) => "https://bees.example/".repeat(9) + end);
  const crew = wflo.workflow("crew", async (run) => {
    for (const key of keys) await run.agent({ name: "🐝", key, budget: TOO_LITTLE }, call);
    return "read";
  });
  const refusal = async (attempt: Promise<string>) => {
    const error: unknown = await attempt.catch((thrown: unknown) => thrown);
    const { runId = "", budgetId } = error as BudgetExceededError;
    return { runId, budgetId, goOn: () => crew.resume(runId, { topUp: { to: "1.00", budget: budgetId } }) };
  };
  const first = await refusal(crew.run(undefined));
  const second = await refusal(first.goOn());
  expect(second.budgetId).not.toBe(first.budgetId);
  expect(await second.goOn()).toBe("read");
});

test("a call of another client inside a run with a cap is told whose cap it cannot be held on", async () => {
  const other = createWflo({ database, logger: false, tenant: "other" });
  const inside = wflo.run({ budget: "1.00" }, () =>
    other.run({}, () => other.guardCall(request(), async () => answer("answered"))),
  );
  await expect(inside).rejects.toThrow("It is the cap of a run that another client keeps");
});

describe("inside an inner run, the handle of the outer one", () => {
  test("keeps to the cap of the inner run", async () => {
    const refused = wflo.run({}, (outer) =>
      wflo.run({ budget: TOO_LITTLE }, () => outer.step("x", () => call())),
    );
    await expect(refused).rejects.toThrow(BudgetExceededError);
  });

  test("keeps to the cap of the agent around the inner run, and carries its name", async () => {
    const inAgent = (budget: string) =>
      wflo.run({ name: "outer" }, (outer) =>
        outer.agent({ name: "a", budget }, () => wflo.run({}, () => outer.step("x", () => call()))),
      );
    await expect(inAgent(TOO_LITTLE)).rejects.toThrow(BudgetExceededError);
    await inAgent("1.00");
    expect((await costOf("outer"))?.rows).toMatchObject([{ step: "a/x", agent: "a" }]);
  });

  test("does so through several runs, and leaves its steps in the outer run", async () => {
    const refused = wflo.run({ name: "outer" }, (outer) =>
      wflo.run({ budget: TOO_LITTLE }, () => wflo.run({}, () => outer.tool("t", () => call()))),
    );
    await expect(refused).rejects.toThrow(BudgetExceededError);
    await wflo.run({ name: "outer" }, (outer) =>
      wflo.run({ budget: "1.00" }, () => wflo.run({}, () => outer.step("x", () => call()))),
    );
    expect(await costOf("outer")).toMatchObject({ total: ANSWER_COST, steps: [{ name: "x" }] });
  });
});
