import { createWorkflow } from "@mastra/core/workflows";
import { suspendAtBudget } from "@wflo/mastra";
import { expect, test } from "vitest";
import { z } from "zod";
import { APPROVAL, approving, flow, newDesk, SCHEMAS, started, Text, type Flow } from "./workflow-desk.ts";

test("a refused step suspends the workflow and is not tried again; after a top-up it goes on there in another process", async () => {
  const desk = await newDesk("0.0011");
  const make = () =>
    flow("w", { retryConfig: { attempts: 3, delay: 1 } })
      .then(desk.step("a"))
      .then(desk.step("b"))
      .then(desk.step("c"))
      .then(desk.step("d"))
      .commit();
  const { run, result, resume } = await started(desk, make);
  expect(result).toMatchObject({ status: "suspended", suspended: [["c"]] });
  expect(result.suspendPayload?.["c"]?.wflo).toMatchObject({
    code: "WFLO_BUDGET_EXCEEDED",
    budgetId: "user",
    cap: "0.0011",
    spent: "0.001",
    threshold: "hard",
  });
  expect(desk.executed).toEqual(["a", "b", "c"]);
  const lines = await desk.wflo.calls.list({ thread: run.runId } as never);
  expect(new Set(lines.map(({ step }) => step))).toEqual(new Set(["a", "b"]));

  // Still nothing there: it is suspended again, with the figures of now.
  await desk.wflo.budgets.topUp("user", { to: "0.0012" });
  const still = await resume({ step: "c" });
  expect(still.suspendPayload?.["c"]?.wflo).toMatchObject({ cap: "0.0012" });
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "c" })).toMatchObject({ status: "success", result: { text: "hi a b c d" } });
  expect(desk.asked).toEqual(["a", "b", "c", "d"]);
  expect(desk.executed).toEqual(["a", "b", "c", "c", "c", "d"]);
});

test("a step that a person has answered keeps the answer while it waits for money, and needs none to go on", async () => {
  const desk = await newDesk("0.0006");
  const make = () =>
    flow()
      .then(desk.step("a"))
      .then(desk.step("approve", approving(desk, "approval"), APPROVAL))
      .commit();
  const { result, resume } = await started(desk, make);
  expect(result.suspendPayload).toEqual({ approve: { asked: "hi a" } });
  const refused = await resume({ step: "approve", resumeData: { by: "me" } });
  expect(refused.suspendPayload?.["approve"]?.wflo.code).toBe("WFLO_BUDGET_EXCEEDED");
  expect((await resume({ step: "approve" })).status).toBe("suspended");
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "approve" })).toMatchObject({ result: { text: "hi a by me" } });
});

test("a step that waits for a person asks again when it is resumed without an answer, and refuses a wrong one", async () => {
  const desk = await newDesk("1.00");
  const make = () =>
    flow()
      .then(desk.step("approve", approving(desk, "approval"), APPROVAL))
      .commit();
  const { resume } = await started(desk, make);
  expect((await resume({ step: "approve" })).suspendPayload).toEqual({ approve: { asked: "hi" } });
  expect(desk.executed).toEqual(["approve"]);
  await expect(resume({ step: "approve", resumeData: { by: 5 } })).rejects.toThrow(/resume data/);
  expect((await resume({ step: "approve", resumeData: { by: "me" } })).status).toBe("success");
});

test("parallel branches that are done are not done again, and each that was refused goes on by itself", async () => {
  const desk = await newDesk("0.0011");
  const make = () =>
    flow()
      .parallel([desk.step("a"), desk.step("b"), desk.step("c"), desk.step("d")])
      .map(async ({ inputData: all }: { inputData: Readonly<Record<string, { text: string }>> }) => ({
        text: Object.keys(all).toSorted().join(" "),
      }))
      .commit();
  const { result, resume } = await started(desk, make);
  expect(result.status).toBe("suspended");
  const refused = Object.keys(result.suspendPayload ?? {});
  expect(refused).toHaveLength(2);
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect((await resume({ step: refused[0] })).status).toBe("suspended");
  expect(await resume({ step: refused[1] })).toMatchObject({ result: { text: "a b c d" } });
  expect(desk.asked.toSorted()).toEqual(["a", "b", "c", "d"]);
});

test("a step of a nested workflow is suspended there, and resumed by its path", async () => {
  const desk = await newDesk("0.0011");
  const make = () => {
    const inner = flow("inner").then(desk.step("b")).then(desk.step("c")).then(desk.step("d")).commit();
    return flow().then(desk.step("a")).then(inner).then(desk.step("e")).commit();
  };
  const { run, result, resume } = await started(desk, make);
  expect(result).toMatchObject({ status: "suspended", suspended: [["inner", "c"]] });
  expect(result.suspendPayload?.["inner"]?.wflo.code).toBe("WFLO_BUDGET_EXCEEDED");
  const lines = await desk.wflo.calls.list({ thread: run.runId } as never);
  expect(new Set(lines.map(({ step }) => step))).toEqual(new Set(["a", "inner/b"]));
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: ["inner", "c"] })).toMatchObject({ result: { text: "hi a b c d e" } });
  expect(desk.asked).toEqual(["a", "b", "c", "d", "e"]);
});

test("items of a foreach that are done are not done again, and one person's answer stays with its item", async () => {
  const desk = await newDesk("0.0006");
  const item = desk.step(
    "item",
    async ({ inputData: { text }, resumeData, suspend }) => {
      if (text === "two" && resumeData === undefined) return suspend({ asked: text });
      await desk.ask(text);
      return { text: `${text} by ${resumeData?.by}` };
    },
    APPROVAL,
  );
  const make = () =>
    (createWorkflow({ id: "w", inputSchema: Text, outputSchema: z.array(Text) }) as never as Flow)
      .map(async () => ["one", "two", "three"].map((text) => ({ text })))
      .foreach(item)
      .commit();
  const { result, resume } = await started(desk, make);
  expect(result.suspendPayload).toMatchObject({ item: { asked: "two" } });
  expect((await resume({ step: "item", resumeData: { by: "me" } })).status).toBe("suspended");
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "item" })).toMatchObject({
    status: "success",
    result: [{ text: "one by undefined" }, { text: "two by me" }, { text: "three by undefined" }],
  });
  expect(desk.asked).toEqual(["one", "two", "three"]);
});

test("a loop goes on in the round that was refused", async () => {
  const desk = await newDesk("0.0011");
  const round = desk.step("round", async ({ inputData: { text } }) => {
    await desk.ask(`round-${text.length}`);
    return { text: `${text}.` };
  });
  const done = async ({ inputData: { text } }: { inputData: { text: string } }) => text.length >= 6;
  const make = () => flow().dountil(round, done).commit();
  const { result, resume } = await started(desk, make);
  expect(result).toMatchObject({ status: "suspended", suspended: [["round"]] });
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "round" })).toMatchObject({ result: { text: "hi...." } });
  expect(desk.asked).toEqual(["round-2", "round-3", "round-4", "round-5"]);
});

test("a branch's step and a mapping that ask models are suspended as well", async () => {
  const desk = await newDesk("0.0004");
  const make = () =>
    flow()
      .branch([
        [async () => true, desk.step("yes")],
        [async () => false, desk.step("no")],
      ])
      .map(async ({ inputData: { yes } }: { inputData: { yes: { text: string } } }) => {
        await desk.ask("mapping");
        return yes;
      })
      .commit();
  const { result, resume } = await started(desk, make);
  expect(result).toMatchObject({ status: "suspended", suspended: [["yes"]] });
  await desk.wflo.budgets.topUp("user", { to: "0.0006" });
  const mapping = await resume({ step: "yes" });
  expect(mapping.status).toBe("suspended");
  expect(desk.asked).toEqual(["yes"]);
});

test("the condition of a branch that is refused cancels the run, instead of taking the wrong way", async () => {
  const desk = await newDesk("0.0001");
  const make = () =>
    flow()
      .branch([
        [async () => (await desk.ask("weather")) === "Fine.", desk.step("yes")],
        [async () => true, desk.step("always", () => ({ text: "" }))],
      ])
      .commit();
  const { result } = await started(desk, make);
  expect(result.status).toBe("canceled");
});

test("a paused budget suspends, any other error fails as before", async () => {
  const desk = await newDesk("1.00");
  await desk.wflo.budgets.pause("user");
  const failing = desk.step("fail", () => {
    throw new RangeError("No.");
  });
  const make = () => flow().then(desk.step("a")).then(failing).commit();
  const { result, resume } = await started(desk, make);
  expect(result.suspendPayload?.["a"]?.wflo).toMatchObject({ code: "WFLO_BUDGET_PAUSED", budgetId: "user" });
  await desk.wflo.budgets.resume("user");
  const failed = await resume({ step: "a" });
  expect([failed.status, failed.error?.message]).toEqual(["failed", "No."]);
});

test("a step that has dealt with a refusal itself goes on", async () => {
  const desk = await newDesk("0.0001");
  const careful = desk.step("careful", async () => {
    await desk.ask("much").catch(() => {});
    return { text: "without" };
  });
  const { result } = await started(desk, () => flow().then(careful).commit());
  expect(result).toMatchObject({ status: "success", result: { text: "without" } });
});

test("only a committed workflow of Mastra's is taken", () => {
  expect(() => suspendAtBudget({} as never)).toThrow(/takes a workflow of Mastra/);
  const open = createWorkflow({ id: "open", ...SCHEMAS });
  expect(() => suspendAtBudget(open)).toThrow(/is not committed/);
});
