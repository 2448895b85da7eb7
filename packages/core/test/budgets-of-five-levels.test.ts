import { BudgetExceededError, createWflo } from "@wflo/core";
import { expect, onTestFinished, test } from "vitest";
import { answer, ANSWER_COST, request } from "./support/model.ts";

const PLENTY = "100.00";
/** Less than a call may cost. */
const SHORT = "0.001";
const NAMED = ["org", "team/a", "user/42"];
const LEVELS = [...NAMED, "the run", "the agent"] as const;

/** A call of an agent of a run of a user of a team of an organisation, one of which is short of money. */
async function callWhere(short: (typeof LEVELS)[number] | undefined) {
  const wflo = createWflo({ logger: false });
  onTestFinished(() => wflo.close());
  const cap = (level: (typeof LEVELS)[number]) => (level === short ? SHORT : PLENTY);
  for (const id of NAMED) await wflo.budgets.set({ id, caps: { day: cap(id), month: PLENTY } });
  let sent = 0;
  const call = wflo.run({ name: "research", budgets: NAMED, budget: cap("the run") }, (run) =>
    run.agent({ name: "planner", budget: cap("the agent") }, () =>
      wflo.guardCall(request(), async () => {
        sent += 1;
        return answer("done");
      }),
    ),
  );
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  await wflo.flush();
  const budgets = await wflo.budgets.list({ limit: 100 });
  const windows = budgets.flatMap((budget) => budget.windows.map((window) => ({ id: budget.id, ...window })));
  return { error, sent, windows };
}

test("a call is charged to its organisation, team, user, run and agent at once, each for the day and the month", async () => {
  const { error, windows } = await callWhere(undefined);
  expect(error).toBeUndefined();
  expect(windows).toHaveLength(2 * NAMED.length + 2);
  for (const window of windows) expect(window).toMatchObject({ spent: ANSWER_COST, reserved: "0.00" });
});

test.each(LEVELS)(
  "a call that %s has no money for is not sent, and takes nothing from the others",
  async (level) => {
    const { error, sent, windows } = await callWhere(level);
    expect(error).toBeInstanceOf(BudgetExceededError);
    const refused = (error as BudgetExceededError).budgetId;
    expect(windows.filter(({ cap }) => cap === SHORT).map(({ id }) => id)).toEqual([refused]);
    expect(NAMED.includes(level) ? refused : level).toBe(level);
    expect(sent).toBe(0);
    for (const window of windows) expect(window).toMatchObject({ spent: "0.00", reserved: "0.00" });
  },
);
