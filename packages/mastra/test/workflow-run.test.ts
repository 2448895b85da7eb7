import { once } from "node:events";
import { createStep } from "@mastra/core/workflows";
import { createWorkflow as createEvented } from "@mastra/core/workflows/evented";
import { isBudgetExceeded, RunInterruptedError, type CostNode } from "@wflo/core";
import { mastraWorkflow } from "@wflo/mastra";
import { expect, test } from "vitest";
import { z } from "zod";
import { MODEL, newAgent, openaiOf, settled } from "./mastra-desk.ts";
import {
  APPROVAL,
  approving,
  flow,
  newDesk,
  SCHEMAS,
  type Flow,
  type WorkflowDesk,
} from "./workflow-desk.ts";

const RUN = "0198c1d2-0000-7000-8000-00000000000a";
const input = { text: "hi" };

/** A workflow of wflo's as each process makes it, with a Mastra of its own. */
function workflowIn(desk: WorkflowDesk, make: () => ReturnType<Flow["commit"]>) {
  const mastra = () => desk.mastra({ w: make() });
  return () => desk.wflo.workflow<typeof input, unknown>("w", mastra().getWorkflow("w") as never);
}

test("a run's value is the workflow's result, its steps are the run's, with their costs", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const make = () => {
    const inner = flow("inner").then(desk.step("b")).commit();
    return flow().then(desk.step("a")).then(inner).then(desk.step("c")).commit();
  };
  const workflow = workflowIn(desk, make)();
  expect(await workflow.run(input, { runId: RUN, budget: "1.00" })).toEqual({ text: "hi a b c" });
  const { cost } = (await desk.wflo.runs.get(RUN))!;
  expect(cost.total).toBe("0.0015");
  const names = ({ name, children }: CostNode): unknown =>
    children.length === 0
      ? name.replace(/^model:.*/, "model")
      : [name.replace(/:.*/, ""), ...children.map(names)];
  const asked = ["model", "openai/gpt-4.1-nano"];
  expect(names(cost.tree)).toEqual(["run", ["a", asked], ["inner", ["b", asked]], ["c", asked]]);
  expect(await desk.wflo.calls.list({ thread: RUN } as never)).toHaveLength(3);
});

test("a refusal pauses the run; a top-up goes on at the refused step, in a process that has the code", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const make = () =>
    flow("w", { retryConfig: { attempts: 2 } })
      .then(desk.step("a"))
      .parallel([desk.step("b"), desk.step("c"), desk.step("d")])
      .map(async ({ inputData: { b } }: { inputData: { b: { text: string } } }) => b)
      .then(desk.step("e"))
      .commit();
  const process = workflowIn(desk, make);
  const refused = await settled(process().run(input, { runId: RUN, budget: "0.0011" }));
  expect(isBudgetExceeded(refused)).toBe(true);
  expect(refused).toMatchObject({ runId: RUN, budgetId: `run/${RUN}` });
  expect((await desk.wflo.runs.get(RUN))?.status).toBe("paused");
  expect(desk.asked).toHaveLength(2);
  const value = await process().resume(RUN, { topUp: { to: "1.00" } });
  expect(value).toEqual({ text: "hi a b e" });
  expect(desk.asked.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
  expect(desk.executed.filter((id) => id === "a")).toHaveLength(1);
  expect((await desk.wflo.runs.get(RUN))?.result).toEqual({ text: "hi a b e" });
});

test("what a refused step had asked before it was refused is not asked again", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const thorough = desk.step("thorough", async ({ inputData: { text } }) => {
    for (const about of ["one", "two", "three"]) await desk.ask(about);
    return { text };
  });
  const process = workflowIn(desk, () => flow().then(thorough).commit());
  await settled(process().run(input, { runId: RUN, budget: "0.0011" }));
  await process().resume(RUN, { topUp: { to: "1.00" } });
  expect(desk.asked).toEqual(["one", "two", "three"]);
});

test("a step that waits for a person interrupts the run, and is given the answer", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const make = () =>
    flow()
      .then(desk.step("a"))
      .then(desk.step("approve", approving(desk, "approval"), APPROVAL))
      .then(desk.step("again", approving(desk, "more"), APPROVAL))
      .commit();
  const process = workflowIn(desk, make);
  const asked = (await settled(
    process().run(input, { runId: RUN, budget: "0.0006" }),
  )) as RunInterruptedError;
  expect(asked).toBeInstanceOf(RunInterruptedError);
  expect(asked.interrupts).toEqual([{ step: "approve", payload: { asked: "hi a" } }]);
  expect((await desk.wflo.runs.get(RUN))?.status).toBe("paused");

  const wrong = (await settled(process().resume(RUN, { answer: { by: 5 } }))) as RunInterruptedError;
  expect(wrong.interrupts).toEqual(asked.interrupts);
  expect(String(wrong.cause)).toMatch(/answer to approve does not fit/);

  // The answer is kept while the step waits for money.
  expect(isBudgetExceeded(await settled(process().resume(RUN, { answer: { by: "me" } })))).toBe(true);
  const next = (await settled(process().resume(RUN, { topUp: { to: "1.00" } }))) as RunInterruptedError;
  expect(next.interrupts).toEqual([{ step: "again", payload: { asked: "hi a by me" } }]);
  expect(await process().resume(RUN, { answer: { by: "you" } })).toEqual({ text: "hi a by me by you" });
  expect(desk.asked).toEqual(["a", "approval", "more"]);
  // Whoever was asked is not asked twice.
  expect(desk.executed.filter((id) => id === "again")).toHaveLength(2);
});

test("several steps that wait are answered by name, nested ones and items of a foreach too", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const make = () => {
    const inner = flow("inner")
      .then(desk.step("deep", approving(desk, "deep"), APPROVAL))
      .commit();
    return flow()
      .parallel([desk.step("left", approving(desk, "left"), APPROVAL), inner])
      .map(async ({ inputData: all }: { inputData: Readonly<Record<string, { text: string }>> }) =>
        Object.values(all),
      )
      .foreach(desk.step("item", approving(desk, "item"), APPROVAL), { concurrency: 2 })
      .map(async ({ inputData: list }: { inputData: readonly { text: string }[] }) => ({
        text: list.map(({ text }) => text).join(", "),
      }))
      .commit();
  };
  const process = workflowIn(desk, make);
  const asked = (await settled(process().run(input, { runId: RUN, budget: "1.00" }))) as RunInterruptedError;
  expect(asked.interrupts.map((one) => (one as { step: string }).step).toSorted()).toEqual([
    "inner.deep",
    "left",
  ]);
  const answer = { left: { by: "L" }, "inner.deep": { by: "D" } };
  const items = (await settled(process().resume(RUN, { answer }))) as RunInterruptedError;
  expect(items.interrupts.map((one) => (one as { step: string }).step)).toEqual(["item[0]", "item[1]"]);
  const value = await process().resume(RUN, { answer: { "item[0]": { by: "0" }, "item[1]": { by: "1" } } });
  expect(value).toEqual({ text: "hi by L by 0, hi by D by 1" });
  expect(desk.asked.toSorted()).toEqual(["deep", "item", "item", "left"]);
});

test("state, loops and a workflow that ends early are as they were after a pause", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const State = z.object({ rounds: z.number() });
  const round = desk.step(
    "round",
    async ({ inputData, state, setState }) => {
      const rounds = Number(state["rounds"] ?? 0) + 1;
      // The same question in each round: each is asked.
      await desk.ask("same");
      await setState({ rounds });
      return inputData;
    },
    { stateSchema: State },
  );
  const stop = desk.step("stop", ({ bail, state }) => bail({ text: `after ${String(state["rounds"])}` }), {
    stateSchema: State,
  });
  const make = () =>
    flow("w", { stateSchema: State })
      .dountil(round, async ({ state }: { state: { rounds: number } }) => state.rounds >= 4)
      .then(stop)
      .then(desk.step("never"))
      .commit();
  const mastra = () => desk.mastra({ w: make() });
  const workflow = () =>
    desk.wflo.workflow<typeof input, unknown>(
      "w",
      mastraWorkflow(mastra().getWorkflow("w"), {
        start: (inputData: typeof input) => ({ inputData, initialState: { rounds: 0 } }),
      }),
    );
  expect(isBudgetExceeded(await settled(workflow().run(input, { runId: RUN, budget: "0.0011" })))).toBe(true);
  expect(desk.asked).toHaveLength(2);
  expect(await workflow().resume(RUN, { topUp: { to: "1.00" } })).toEqual({ text: "after 4" });
  expect(desk.asked).toHaveLength(4);
});

test("what steps have put into the request's context is there after a pause", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const put = desk.step("put", async ({ inputData, requestContext }) => {
    requestContext.set("who", "me");
    return inputData;
  });
  const get = desk.step("get", async ({ requestContext }) => {
    await desk.ask("get");
    return { text: String(requestContext.get("who")) };
  });
  const process = workflowIn(desk, () => flow().then(put).then(get).commit());
  await settled(process().run(input, { runId: RUN, budget: "0.0001" }));
  expect(await process().resume(RUN, { topUp: { to: "1.00" } })).toEqual({ text: "me" });
  expect(desk.executed).toEqual(["put", "get", "get"]);
});

test("a workflow that has ended early when its storage failed ends there again", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const stop = desk.step("stop", ({ bail }) => bail({ text: "early" }));
  const process = workflowIn(desk, () => flow().then(stop).then(desk.step("never")).commit());
  const store = (await desk.storage.getStore("workflows"))!;
  const persist = store.persistWorkflowSnapshot.bind(store);
  store.persistWorkflowSnapshot = async (saved) => {
    if (saved.snapshot.status === "success") throw new Error("Away.");
    return persist(saved);
  };
  expect(String(await settled(process().run(input, { runId: RUN })))).toContain("Away.");
  store.persistWorkflowSnapshot = persist;
  expect(await process().resume(RUN)).toEqual({ text: "early" });
  expect(desk.executed).toEqual(["stop"]);
});

test("a failed step fails the run with its error; the run goes on there, and asks that step's models anew", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  let isBroken = true;
  const picky = desk.step("picky", async ({ inputData: { text } }) => {
    await desk.ask("picky");
    if (isBroken) throw new RangeError("Not good enough.");
    return { text: `${text} picky` };
  });
  const make = () => {
    const inner = flow("inner").then(desk.step("b")).then(picky).commit();
    return flow("w", { retryConfig: { attempts: 1 } })
      .then(desk.step("a"))
      .then(inner)
      .commit();
  };
  const process = workflowIn(desk, make);
  const error = await settled(process().run(input, { runId: RUN, budget: "1.00" }));
  expect(error).toBeInstanceOf(RangeError);
  expect((await desk.wflo.runs.get(RUN))?.status).toBe("failed");
  isBroken = false;
  expect(await process().resume(RUN)).toEqual({ text: "hi a b picky" });
  expect(desk.asked.filter((about) => about !== "picky")).toEqual(["a", "b"]);
});

test("a refusal in the condition of a branch or a loop pauses the run too", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const make = () =>
    flow()
      .branch([
        [async () => (await desk.ask("weather")) === "Fine.", desk.step("out")],
        [async () => (await desk.ask("mood")) === "Bad.", desk.step("in")],
      ])
      .map(async ({ inputData: { out } }: { inputData: { out: { text: string } } }) => out)
      .dountil(desk.step("round"), async () => (await desk.ask("end")) === "Fine.")
      .commit();
  const process = workflowIn(desk, make);
  const refused = await settled(process().run(input, { runId: RUN, budget: "0.0006" }));
  expect(isBudgetExceeded(refused)).toBe(true);
  expect(isBudgetExceeded(await settled(process().resume(RUN, { topUp: { to: "0.0021" } })))).toBe(true);
  expect(await process().resume(RUN, { topUp: { to: "1.00" } })).toEqual({ text: "hi out round" });
  expect(desk.asked.toSorted()).toEqual(["end", "mood", "out", "round", "weather"]);
});

test("nobody waits twice for a sleep that is over", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const make = () => (flow().then(desk.step("a")) as Sleeping).sleep(2_000).then(desk.step("b")).commit();
  const process = workflowIn(desk, make);
  expect(isBudgetExceeded(await settled(process().run(input, { runId: RUN, budget: "0.0006" })))).toBe(true);
  const before = performance.now();
  expect(await process().resume(RUN, { topUp: { to: "1.00" } })).toEqual({ text: "hi a b" });
  expect(performance.now() - before).toBeLessThan(1_900);
});

interface Sleeping extends Flow {
  sleep(ms: number): Flow;
}

test("an agent that nobody metered is metered in a run, as a step and in a step", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const settings = {
    model: openaiOf(desk.simulator)(MODEL),
    defaultOptions: { modelSettings: { maxOutputTokens: 1_000 } },
  };
  const inline = newAgent(settings as never, "inline");
  const registered = newAgent(settings as never, "registered");
  const asking = desk.step("asking", async () => ({ text: (await registered.generate("Bees?")).text }));
  const make = () =>
    flow()
      .then(asking)
      .map(async () => ({ prompt: "Tell me about wasps." }))
      .then(createStep(inline))
      .commit();
  const mastra = desk.mastra({ w: make() }, { agents: { registered } });
  const workflow = desk.wflo.workflow<typeof input, unknown>("w", mastraWorkflow(mastra.getWorkflow("w")));
  const refused = await settled(workflow.run(input, { runId: RUN, budget: "0.0006" }));
  expect(isBudgetExceeded(refused)).toBe(true);
  expect(desk.asked).toHaveLength(1);
  expect(await workflow.resume(RUN, { topUp: { to: "1.00" } })).toEqual({ text: "Fine." });
  expect(desk.asked).toHaveLength(2);
  expect((await desk.wflo.runs.get(RUN))?.cost.total).toBe("0.001");
});

test("whoever aborts the run cancels Mastra's", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const controller = new AbortController();
  const slow = desk.step("slow", async ({ inputData, abortSignal }) => {
    const over = once(abortSignal, "abort");
    if (!controller.signal.aborted) {
      controller.abort(new Error("Enough."));
      await over;
    }
    return inputData;
  });
  const process = workflowIn(desk, () => flow().then(slow).then(desk.step("b")).commit());
  const error = await settled(process().run(input, { runId: RUN, signal: controller.signal }));
  expect(String(error)).toContain("Enough.");
  expect([desk.executed, desk.asked]).toEqual([["slow"], []]);
  expect(await process().resume(RUN)).toEqual({ text: "hi b" });
});

test("a workflow that a step starts by itself is not taken for a part of the run's", async () => {
  const desk = await newDesk("1.00", { isByRun: true });
  const inner = flow("inner")
    .then(desk.step("same", ({ inputData }) => inputData))
    .commit();
  const outer = desk.step("outer", async () => {
    const texts = ["x", "y"].map(async (text) => {
      const run = await inner.createRun();
      return ((await run.start({ inputData: { text } } as never)) as never as { result: { text: string } })
        .result.text;
    });
    return { text: (await Promise.all(texts)).join(" ") };
  });
  const process = workflowIn(desk, () => flow().then(outer).then(inner).commit());
  expect(await process().run(input)).toEqual({ text: "x y" });
});

test("a workflow without a storage, or of an engine of events, is not run", async () => {
  const desk = await newDesk("1.00");
  const bare = flow().then(desk.step("a")).commit();
  const workflow = desk.wflo.workflow<typeof input, unknown>("bare", mastraWorkflow(bare));
  await expect(workflow.run(input)).rejects.toThrow(/needs a Mastra with storage/);
  const evented = (createEvented({ id: "e", ...SCHEMAS }) as never as Flow).then(desk.step("a")).commit();
  expect(() => mastraWorkflow(evented)).toThrow(/engine of events/);
});
