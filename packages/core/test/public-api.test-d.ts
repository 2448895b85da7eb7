import {
  checkpoint,
  createWflo,
  usd,
  type Budget,
  type BudgetDefault,
  type GuardRequest,
  type Money,
  type Reconciliation,
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
// What may be left out may be undefined, as the first page's `after` is.
declare const maybe: string | undefined;
void wflo.budgets.set({ id: "b", caps: { day: maybe, total: 1 }, timeZone: maybe, parent: maybe });
void wflo.budgets.list({ prefix: maybe, after: maybe, limit: undefined });
void wflo.budgets.defaults({ after: maybe, limit: undefined });
void wflo.runs.list({ tag: maybe, limit: undefined });
void wflo.calls.list({ after: maybe, limit: undefined });
const usage = { inputTokens: 1, outputTokens: 1 };
wflo.pricing.cost({ provider: maybe, model: "gpt-4.1", usage, at: undefined, serviceTier: maybe });
void createWflo({ prices: { "acme/large": { input: "1.00", output: maybe, contextWindow: undefined } } });
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

const crew = { kickoff: async (input: { topic: string }) => input.topic.length };
export const kicked: Promise<number> = wflo.workflow("crew", crew).run({ topic: "bees" });
export const invoked: Promise<string> = wflo.workflow("chain", { invoke: (n: number) => `${n}` }).run(1);
// @ts-expect-error -- the input of a crew is its kickoff's
void wflo.workflow("crew", crew).run({ topic: 1 });
// @ts-expect-error -- a text cannot be run
wflo.workflow("w", "text");

export const inside: Promise<number | undefined> = wflo.run({}, async (run) => {
  await run.checkpoint("notes", { list: [1] }, { strict: true });
  const { state } = await run.rollback<{ list: number[] }>({ name: "notes", version: 1 });
  const restored: { list: number[] } | undefined = await run.restore("notes");
  const hits: string[] = await run.tool("search", ({ signal }) => [String(signal.aborted)], {
    price: "0.01",
  });
  const cost: string | undefined = (await run.cost()).tree.children[0]?.cost;
  return restored?.list[0] ?? state.list.length + hits.length + Number(cost);
});
export const loaded: Promise<{ n: number } | undefined> = wflo.checkpoints
  .load<{ n: number }>("chat/42", "draft")
  .then((found) => found?.state);

const wrapped = checkpoint({ name: "ask" })(
  (question: string, times?: number) => question.length + (times ?? 0),
);
export const length: Promise<number> = wrapped("why?");
// @ts-expect-error -- a wrapped function takes what it took
void wrapped(1);

export const made: Promise<BudgetDefault> = wflo.budgets.setDefault({ match: "user/*", caps: { month: 5 } });
// @ts-expect-error -- a default has a match, and no id
void wflo.budgets.setDefault({ id: "user/1", caps: { month: 5 } });
export const raised: Promise<Budget> = wflo.budgets.topUp("user/1", { to: "7.00", window: "day" });
// @ts-expect-error -- there are no weeks
void wflo.budgets.topUp("user/1", { to: "7.00", window: "week" });
export const books: Promise<Reconciliation> = wflo.budgets.reconcile();
