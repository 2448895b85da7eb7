import {
  createWflo,
  usd,
  type Budget,
  type GuardRequest,
  type Money,
  type Run,
  type Workflow,
} from "@wflo/core";

// Compiled by `tsc`, never run: a line that no longer compiles, or an expected error that is gone, fails the type check.
const wflo = createWflo();

const typed: Workflow<{ question: string }, number> = wflo.workflow(
  "w",
  (_run, { question }: { question: string }) => question.length,
);
export const result: Promise<number> = typed.run({ question: "?" }, { budget: "1.00", budgets: ["user/42"] });
export const resumed: Promise<number> = typed.resume("id", { topUp: { to: "7.00" } });
// @ts-expect-error -- the input has the function's type
void typed.run({ question: 1 });
// @ts-expect-error -- a top-up needs its amount
void typed.resume("id", { topUp: {} });

export const adhoc: Promise<string> = wflo.run(
  { name: "adhoc", budget: 1 },
  async (run: Run<undefined>) => run.id,
);
export const stepped: Promise<Date[]> = wflo.run({}, (run) =>
  Promise.all([1].map((key) => run.step({ name: "s", key }, () => new Date()))),
);

export const five: Money = usd("5.00").plus(2).minus("1.5");
// @ts-expect-error -- money is no number
export const sum: number = usd(1) + usd(2);

export const budget: Promise<Budget> = wflo.budgets.set({
  id: "b",
  caps: { day: "2.00", month: 20, total: usd(5) },
});
// @ts-expect-error -- there is no such window
void wflo.budgets.set({ id: "b", caps: { year: "2.00" } });

const request: GuardRequest = { provider: "openai", model: "gpt-4.1", parts: ["hello"] };
export const value: Promise<"text"> = wflo.guardCall(request, async ({ maxOutputTokens, signal, callId }) => {
  const granted: [number | undefined, AbortSignal, string] = [maxOutputTokens, signal, callId];
  return { value: "text" as const, usage: { inputTokens: granted.length, outputTokens: 1 } };
});
// @ts-expect-error -- an attempt says what it cost
void wflo.guardCall(request, async () => ({ value: 1 }));

wflo.on("call-end", ({ cost, usage }) => [cost.length, usage?.outputTokens]);
// @ts-expect-error -- there is no such event
wflo.on("call-ended", () => {});
