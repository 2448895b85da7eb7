import { createWflo, type Wflo } from "@wflo/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { callTool } from "../src/wrappers/tool-call.ts";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

async function client(): Promise<Wflo> {
  const wflo = createWflo({ logger: false, waitMs: 5_000, settle: "background" });
  onTestFinished(() => wflo.close());
  await wflo.budgets.set({ id: "team", caps: { total: "1.00" } });
  return wflo;
}

/** Runs `fn` as a run on the budget `team`. */
const inRun = <T>(wflo: Wflo, fn: () => Promise<T>) => wflo.run({ budgets: ["team"] }, fn);

describe("a tool", () => {
  test("is a line of its run with its name, its price and how long it took", async () => {
    const wflo = await client();
    const found = await inRun(wflo, () =>
      callTool(wflo, "search", async () => (await pause(20), ["a"]), { price: "0.005" }),
    );
    expect(found).toEqual(["a"]);
    const [line] = await wflo.calls.list();
    expect(line).toMatchObject({
      provider: "tool",
      model: "search",
      kind: "settle",
      charged: "0.005",
      budgetIds: ["team"],
      runId: expect.any(String),
    });
    expect(line?.receipt["latencyMs"]).toBeGreaterThanOrEqual(15);
  });

  test("costs nothing unless it has a price, also when it fails", async () => {
    const wflo = await client();
    const boom = () => {
      throw new Error("boom");
    };
    await inRun(wflo, () => callTool(wflo, "time", () => 1));
    await expect(inRun(wflo, () => callTool(wflo, "time", boom))).rejects.toThrow("boom");
    expect(await wflo.calls.list()).toMatchObject([
      { kind: "settle", charged: "0.00" },
      { kind: "void", charged: "0.00", inDoubt: false, receipt: { reason: "Error" } },
    ]);
  });

  test("with a price that fails is judged as any request is", async () => {
    const wflo = await client();
    const failing = (error: Error) =>
      callTool(wflo, "search", () => Promise.reject(error), { price: "0.005" }).catch(() => {});
    await inRun(wflo, () => failing(Object.assign(new Error("no"), { status: 503 })));
    await inRun(wflo, () => failing(new Error("socket hang up")));
    expect(await wflo.calls.list()).toMatchObject([
      { kind: "void", charged: "0.00" },
      { kind: "doubt", charged: "0.005" },
    ]);
  });

  test("is not called when its price does not fit", async () => {
    const wflo = await client();
    let called = 0;
    const work = inRun(wflo, () => callTool(wflo, "buy", () => (called += 1), { price: "1.01" }));
    await expect(work).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(called).toBe(0);
  });

  test("gets the signal of its call, which aborts with what is around it", async () => {
    const wflo = createWflo({ logger: false, drainMs: 20 });
    let aborted = false;
    const work = callTool(wflo, "wait", ({ signal }) => {
      const gone = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => ((aborted = true), gone.resolve()));
      return gone.promise;
    });
    await pause(5);
    await wflo.close();
    await work;
    expect(aborted).toBe(true);
  });

  test.each<[string, unknown, unknown]>([
    ["no name", "", () => 1],
    ["a name of two lines", "a\nb", () => 1],
    ["no function", "search", 1],
  ])("with %s is refused", async (_, name, fn) => {
    const wflo = await client();
    await expect(callTool(wflo, name as string, fn as () => number)).rejects.toMatchObject({
      code: "WFLO_INVALID_OPTION",
    });
  });
});

describe("calls inside a tool", () => {
  test("are calls of their own: none takes the tool's hold over", async () => {
    const wflo = await client();
    await inRun(wflo, () =>
      callTool(
        wflo,
        "research",
        async () => {
          for (let call = 0; call < 2; call += 1) await wflo.guardCall(request(), async () => answer(1));
        },
        { price: "0.01" },
      ),
    );
    const lines = await wflo.calls.list();
    expect(lines.map(({ model, charged }) => [model, charged])).toEqual([
      ["gpt-4.1", ANSWER_COST],
      ["gpt-4.1", ANSWER_COST],
      ["research", "0.01"],
    ]);
  });

  test("do not wait for what the tool itself holds: they are refused at once", async () => {
    const wflo = await client();
    const startedMs = performance.now();
    const work = inRun(wflo, () =>
      callTool(wflo, "research", () => wflo.guardCall(request({ hold: "0.60" }), async () => answer(1)), {
        price: "0.50",
      }),
    );
    await expect(work).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  test("are charged beside a call of a model around the tool, which keeps its hold", async () => {
    const wflo = await client();
    await inRun(wflo, () =>
      wflo.guardCall(request({ hold: "0.20" }), async () => {
        await callTool(wflo, "time", () => wflo.guardCall(request(), async () => answer(1)));
        return answer(1);
      }),
    );
    const lines = await wflo.calls.list();
    expect(lines.map(({ model, held, charged }) => [model, held, charged])).toEqual([
      ["gpt-4.1", expect.not.stringMatching("^0.20$"), ANSWER_COST],
      ["time", "0.00", "0.00"],
      ["gpt-4.1", "0.20", ANSWER_COST],
    ]);
  });
});
