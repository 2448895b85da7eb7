import { expect, test } from "vitest";
import { checkpoint, createWflo, trackLlmCall, type Run } from "../src/index.ts";

/** As plain JavaScript, or an object built elsewhere, has it: the compiler does not look. */
type Unchecked = object;

const wflo = createWflo({ logger: false });
const workflow = wflo.workflow("w", async () => 1);
const request = { provider: "tool", model: "search", parts: [], price: "0.01" };
const inRun = (work: (run: Run<undefined>) => unknown) => wflo.run({}, async (run) => await work(run));

/** What is asked with, and what it would have come to where a name that nobody knows were passed over. */
const DOORS: readonly (readonly [does: string, ask: (unknown: Unchecked) => unknown])[] = [
  ["createWflo({ databse }) keeps nothing", (unknown) => createWflo(unknown)],
  ["run({ budgt }) has no limit", (unknown) => wflo.run(unknown, async () => 1)],
  ["a workflow has no limit", (unknown) => wflo.workflow("x", async () => 1, unknown)],
  ["a workflow's run has no limit", (unknown) => workflow.run(undefined, unknown)],
  ["a resume tops nothing up", (unknown) => workflow.resume(crypto.randomUUID(), unknown)],
  ["an agent has no limit", (unknown) => inRun((run) => run.agent({ name: "a", ...unknown }, () => 1))],
  ["a step has no key", (unknown) => inRun((run) => run.step({ name: "s", ...unknown }, () => 1))],
  ["a tool has no price", (unknown) => inRun((run) => run.tool("t", () => 1, unknown))],
  ["a fork has another cap", (unknown) => inRun((run) => run.fork(undefined, unknown))],
  ["a budget never warns", (unknown) => wflo.budgets.set({ id: "b", caps: { total: 1 }, ...unknown })],
  [
    "made budgets never warn",
    (unknown) => wflo.budgets.setDefault({ match: "b/*", caps: { total: 1 }, ...unknown }),
  ],
  ["the wrong cap is raised", (unknown) => wflo.budgets.topUp("b", { to: 2, ...unknown })],
  ["all budgets are listed", (unknown) => wflo.budgets.list(unknown)],
  ["all defaults are listed", (unknown) => wflo.budgets.defaults(unknown)],
  ["all calls are listed", (unknown) => wflo.calls.list(unknown)],
  ["all calls are priced again", (unknown) => wflo.calls.reprice(unknown)],
  ["a note is lost", (unknown) => wflo.calls.resolve(crypto.randomUUID(), { cost: 1, ...unknown })],
  ["all runs are listed", (unknown) => wflo.runs.list(unknown)],
  ["all checkpoints are listed", (unknown) => wflo.checkpoints.list("thread", unknown)],
  ["a checkpoint has no name", (unknown) => wflo.checkpoints.save("thread", 1, unknown)],
  ["a call is on no budget", (unknown) => wflo.guardCall({ ...request, ...unknown }, async () => 1 as never)],
  [
    "a tracked call is on no budget",
    (unknown) => trackLlmCall({ provider: "openai", model: "gpt-4.1", ...unknown }),
  ],
  ["a wrapper saves something else", (unknown) => checkpoint(unknown)],
];

test.each(DOORS)("an option that there is not is refused by its name, since else %s", async (_, ask) => {
  const asked = async () => await ask({ budgt: "1.00" });
  await expect(asked()).rejects.toMatchObject({
    code: "WFLO_INVALID_OPTION",
    message: expect.stringMatching(/: there is no "budgt"; there (?:is|are) \w+/),
  });
});

test("an option without a value is none", async () => {
  const asked: Unchecked = { budgt: undefined, name: "x" };
  expect(await wflo.run(asked, async () => 1)).toBe(1);
});

test("a budget may be set again with all that it is read with", async () => {
  await wflo.budgets.set({ id: "read", caps: { month: "5.00" }, warnAt: [0.5], timeZone: "Europe/Paris" });
  const read = await wflo.budgets.get("read");
  const { warnAt, timeZone, left } = await wflo.budgets.set({ ...read!, caps: { month: "7.00" } });
  expect({ warnAt, timeZone, left }).toEqual({ warnAt: [0.5], timeZone: "Europe/Paris", left: "7.00" });
});
