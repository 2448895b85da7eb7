import { isBudgetExceeded, trackLlmCall } from "@wflo/core";
import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { AdapterDesk } from "./adapter-desk.ts";
import { failureOf, readAll } from "./adapter-reading.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
/** Far below the two seconds that a call waits for money. */
const AT_ONCE_MS = 1_000;

/** Calls inside of calls. */
export const adapterNestingCases: readonly AdapterCase[] = [
  adapterCase("charges a call inside a tracked function once", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("1.00");
    const adapter = await desk.adapter();
    const tracked = trackLlmCall(trackingOf(desk))(() => adapter.text("Hi"));
    for (let call = 1; call <= 2; call += 1) {
      await tracked();
      expect(await desk.lines(call)).toHaveLength(call);
    }
    expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
  }),
  adapterCase("charges a stream inside a tracked function once", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("1.00");
    const stream = await desk.streaming();
    const tracked = trackLlmCall(trackingOf(desk))(async () => ({ chunks: await stream("Hi") }));
    await readAll((await tracked()).chunks);
    expect(await desk.lines(1)).toHaveLength(1);
    expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
  }),
  adapterCase("charges a tool and the model that it calls, each once", async (desk) => {
    await desk.answers(ANSWER);
    const adapter = await desk.adapter({ budgets: [] });
    const runId = await desk.wflo.run({ name: "search", budget: "1.00" }, async (run) => {
      await run.tool("search", () => adapter.text("Look."), { price: "0.01" });
      return run.id;
    });
    const lines = await desk.lines(2);
    const isTool = ({ provider }: { readonly provider: string }) => provider === "tool";
    expect(lines).toHaveLength(2);
    expect(lines.find(isTool)).toMatchObject({ runId, charged: "0.01" });
    expect(lines.find((line) => !isTool(line))).toMatchObject({ runId, charged: desk.billed() });
  }),
  adapterCase("charges an agent that works inside a tool to its own name", async (desk) => {
    await desk.answers(ANSWER);
    const adapter = await desk.adapter({ budgets: [] });
    await desk.wflo.run({ name: "delegate", budget: "1.00" }, (run) =>
      run.tool("ask-expert", () => run.agent({ name: "expert", budget: "0.50" }, () => adapter.text("Hi"))),
    );
    const calls = (await desk.lines(2)).filter(({ provider }) => provider !== "tool");
    expect(calls).toMatchObject([{ agent: "expert", charged: desk.billed() }]);
    expect(calls[0]?.budgetIds).toHaveLength(2);
  }),
  adapterCase(
    "charges calls at once inside an outer call each by itself, and the outer one not at all",
    async (desk) => {
      await desk.answers({ ...ANSWER, latencyMs: 20 });
      await desk.budget("1.00");
      const adapter = await desk.adapter();
      const outer = trackLlmCall({ ...trackingOf(desk), hold: "0.02" })(async () => {
        const texts = await Promise.all(["a", "b", "c"].map((prompt) => adapter.text(prompt)));
        return { texts };
      });
      await outer();
      expect(await desk.lines(3)).toHaveLength(3);
      expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
    },
  ),
  adapterCase("does not wait for what a tool around it holds: it is refused at once", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("0.0012");
    const adapter = await desk.adapter();
    const startedMs = performance.now();
    const work = desk.wflo.run({ name: "search", budgets: ["user"] }, (run) =>
      run.tool("search", () => adapter.text("Look."), { price: "0.001" }),
    );
    expect(isBudgetExceeded(await failureOf(work))).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
    expect(desk.simulator.requests).toHaveLength(0);
    expect(await desk.window()).toMatchObject({ reserved: "0.00" });
  }),
  adapterCase("comes to an end where an outer call holds all the money there is", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("0.001");
    const adapter = await desk.adapter();
    const outer = trackLlmCall({ ...trackingOf(desk), hold: "0.001" })(async () => {
      const ends = await Promise.allSettled(["a", "b", "c"].map((prompt) => adapter.text(prompt)));
      return { ends };
    });
    const startedMs = performance.now();
    const { ends } = await outer();
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
    expect(ends.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(ends.every((end) => end.status === "fulfilled" || isBudgetExceeded(end.reason))).toBe(true);
    expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
  }),
];

function trackingOf({ wflo }: AdapterDesk) {
  return { wflo, budgets: ["user"], provider: "openai", model: AdapterDesk.model };
}
