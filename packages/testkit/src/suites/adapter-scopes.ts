import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { readAll } from "./adapter-reading.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };

/** To whom calls are charged. */
export const adapterScopesCases: readonly AdapterCase[] = [
  adapterCase(
    "attributes calls inside a run to the run, its step and its agent, and to its budget",
    async (desk) => {
      await desk.answers(ANSWER);
      const adapter = await desk.adapter({ budgets: [] });
      const runId = await desk.wflo.run({ name: "research", budget: "1.00" }, async (run) => {
        await run.step("plan", () => adapter.text("Plan."));
        await run.agent({ name: "researcher" }, () => adapter.text("Look."));
        return run.id;
      });
      const [plan, look] = await desk.lines(2);
      expect(plan).toMatchObject({ runId, step: "plan", agent: undefined });
      expect(look).toMatchObject({ runId, agent: "researcher" });
      expect(plan?.budgetIds).toHaveLength(1);
    },
  ),
  adapterCase("attributes a stream to where it was asked for, whoever reads it", async (desk) => {
    await desk.answers(ANSWER);
    const stream = await desk.streaming({ budgets: [] });
    const chunks: AsyncIterable<string>[] = [];
    const runId = await desk.wflo.run({ name: "research", budget: "1.00" }, async (run) => {
      await run.step("write", async () => void chunks.push(await stream("Write.")));
      return run.id;
    });
    for (const asked of chunks) await readAll(asked);
    expect((await desk.lines(1))[0]).toMatchObject({ runId, step: "write", charged: desk.billed() });
  }),
  adapterCase("attributes calls of a named wrapper to its agent", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("1.00");
    await (await desk.adapter({ agent: "critic" })).text("Judge.");
    expect((await desk.lines(1))[0]?.agent).toBe("critic");
  }),
  adapterCase("charges a call through two wrappers once", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("1.00");
    const adapter = await desk.adapter({ layers: 2 });
    for (let call = 1; call <= 2; call += 1) {
      await adapter.text("Hi");
      expect(await desk.lines(call)).toHaveLength(call);
    }
    expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
    expect(desk.simulator.requests).toHaveLength(2);
  }),
  adapterCase("charges a stream through two wrappers once", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("1.00");
    const stream = await desk.streaming({ layers: 2 });
    for (let call = 1; call <= 2; call += 1) {
      await readAll(await stream("Hi"));
      expect(await desk.lines(call)).toHaveLength(call);
    }
    expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
    expect(desk.simulator.requests).toHaveLength(2);
  }),
];
