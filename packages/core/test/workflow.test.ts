import {
  BudgetExceededError,
  createWflo,
  currentRun,
  memoryDatabase,
  RunAliveError,
  RunNotResumableError,
  RunSupersededError,
  StepNameTakenError,
  UnknownRunError,
  UnsavableValueError,
  type Database,
  type Grant,
  type Run,
  type Wflo,
} from "@wflo/core";
import { fakeClock } from "@wflo/testkit";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

let database: Database;
let now: number;
beforeEach(() => {
  now = Date.parse("2026-11-22T12:00:00Z");
  database = memoryDatabase({ now: () => now });
});
/** Another process: a client of its own on the same database. */
const client = (): Wflo => createWflo({ database, logger: false, waitMs: 100 });
const call = (wflo: Wflo) =>
  wflo.guardCall(request({ maxOutputTokens: 200 }), async () => answer("answered"));

describe("a workflow", () => {
  test("gives its function's value, its input, and a completed run with its cost by step", async () => {
    const wflo = client();
    const greet = wflo.workflow("greet", async (run: Run<{ who: string }>, input) => {
      await run.step("ask", () => call(wflo));
      return `hello ${input.who} ${run.input.who}`;
    });
    expect(await greet.run({ who: "you" }, { budget: "1.00", tags: ["t"] })).toBe("hello you you");
    const [summary] = await wflo.runs.list();
    const run = await wflo.runs.get(summary?.id ?? "");
    expect(run).toMatchObject({
      status: "completed",
      workflow: "greet",
      input: { who: "you" },
      result: "hello you you",
      tags: ["t"],
    });
    expect(run?.cost).toMatchObject({
      total: ANSWER_COST,
      calls: 1,
      rows: [{ step: "ask", model: "gpt-4.1", inputTokens: 10 }],
    });
    expect(run?.steps).toMatchObject([{ path: "ask", result: "answered" }]);
  });

  test("pauses when its money runs out, and goes on in another process without running or paying finished steps again", async () => {
    const ran: string[] = [];
    const define = (wflo: Wflo) =>
      wflo.workflow(
        "four",
        async (run) => {
          for (const key of [1, 2, 3, 4]) {
            await run.step({ name: "turn", key }, () => {
              ran.push(`turn ${key}`);
              return call(wflo);
            });
          }
          return "done";
        },
        { budget: "0.003" },
      );
    const first = client();
    const refusal = await define(first)
      .run(undefined)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BudgetExceededError);
    const { runId = "" } = refusal as BudgetExceededError;
    expect(await first.runs.get(runId)).toMatchObject({
      status: "paused",
      error: { code: "WFLO_BUDGET_EXCEEDED" },
    });
    const second = client();
    expect(await define(second).resume(runId, { topUp: { to: "0.01" } })).toBe("done");
    expect(ran).toEqual(
      ["turn 1", "turn 2", "turn 2", "turn 3", "turn 4"].toSpliced(1, 1, ...ran.slice(1, -3)),
    );
    expect(new Set(ran).size).toBe(4);
    const run = await second.runs.get(runId);
    expect(run).toMatchObject({ status: "completed", epoch: 2, cost: { calls: 4, total: "0.00328" } });
  });

  test("that throws is failed with its error, and can be resumed", async () => {
    const wflo = client();
    let isBroken = true;
    const flaky = wflo.workflow("flaky", async (run) => {
      const saved = await run.step("once", () => "kept");
      if (isBroken) throw Object.assign(new Error("no luck"), { code: "E_LUCK" });
      return saved;
    });
    await expect(flaky.run(undefined)).rejects.toThrow("no luck");
    const [run] = await wflo.runs.list({ status: "failed" });
    expect(run?.error).toMatchObject({ message: "no luck", code: "E_LUCK" });
    isBroken = false;
    expect(await flaky.resume(run?.id ?? "")).toBe("kept");
  });

  test("whose result cannot be saved still returns it", async () => {
    class Report {}
    const wflo = client();
    expect(await wflo.run({}, () => new Report())).toBeInstanceOf(Report);
    expect((await wflo.runs.list())[0]?.status).toBe("completed");
  });

  test("inside another stays under the caps of both", async () => {
    const wflo = client();
    const inner = wflo.workflow("inner", () => call(wflo), { budget: "5.00" });
    const outer = wflo.run({ budget: "0.001" }, () => inner.run(undefined));
    await expect(outer).rejects.toThrow(BudgetExceededError);
  });
});

describe("a step", () => {
  test("that was used twice in one execution is an error, with keys it is not", async () => {
    const wflo = client();
    const twice = wflo.run({}, async (run) => {
      await run.step("same", () => 1);
      await run.step("same", () => 2);
    });
    await expect(twice).rejects.toThrow(StepNameTakenError);
    const keyed = wflo.run({}, (run) =>
      Promise.all([1, 2].map((key) => run.step({ name: "same", key }, () => key))),
    );
    expect(await keyed).toEqual([1, 2]);
  });

  test("whose result cannot be saved stops the run and names the path", async () => {
    const wflo = client();
    const unsavable = wflo.run({}, (run) => run.step("s", () => ({ list: [1, { f: () => 1 }] })));
    await expect(unsavable).rejects.toThrow(UnsavableValueError);
    await expect(unsavable).rejects.toThrow("result of step s.list[1].f cannot be saved: it is a function");
  });

  test("of an agent is attributed to it and stays under the agent's cap", async () => {
    const wflo = client();
    await wflo.run({ budget: "1.00" }, async (run) => {
      await run.agent({ name: "cheap", budget: "0.01" }, () => call(wflo));
      await expect(run.agent({ name: "poor", budget: "0.0001" }, () => call(wflo))).rejects.toThrow(
        BudgetExceededError,
      );
      expect((await run.cost()).rows).toMatchObject([{ agent: "cheap", step: "cheap", cost: ANSWER_COST }]);
    });
  });

  test("waits for calls it left behind, and their charge is in the ledger when it is saved", async () => {
    const wflo = client();
    await wflo.run({ budget: "1.00" }, async (run) => {
      await run.step("forgetful", () => {
        void wflo.guardCall(request(), async () => {
          await pause(20);
          return answer(1);
        });
      });
      const [budget] = await database.ledger.getBudgets("default", [`run/${run.id}`]);
      expect(budget?.windows[0]).toMatchObject({ spentNanoUsd: 820_000n, reservedNanoUsd: 0n });
    });
  });

  test("knows where it is", async () => {
    const wflo = client();
    expect(currentRun()).toBeUndefined();
    await wflo.run({ name: "where" }, async (run) => {
      await run.agent({ name: "a/b", key: 1 }, () =>
        run.step("in", async () => {
          await pause(1);
          expect(currentRun()).toMatchObject({
            id: run.id,
            workflow: "where",
            step: "a%2fb:1/in",
            agent: "a/b",
          });
        }),
      );
    });
  });
});

describe("before anything is written, a sentence says what cannot be meant of", () => {
  const run = (wflo: Wflo, options: object) => wflo.run(options, () => call(wflo));

  test.each([
    [{ signal: {} }, "signal is an AbortSignal"],
    [{ signal: 5 }, "signal is an AbortSignal"],
    [{ budgets: ["user/42", undefined] }, "budgets are a list of texts."],
    [{ budgets: [""] }, "budgets are a list of texts."],
    [{ tags: [1] }, "tags are a list of texts."],
  ])("a run (%#)", async (options, sentence) => {
    const wflo = client();
    await expect(run(wflo, options)).rejects.toThrow(sentence);
    expect(await wflo.runs.list()).toEqual([]);
  });

  test("a resume: the run stays as it is", async () => {
    const wflo = client();
    const flow = wflo.workflow("w", () => call(wflo), { budget: "0.0001" });
    const { runId = "" } = (await flow
      .run(undefined)
      .catch((error: unknown) => error)) as BudgetExceededError;
    const resumed = flow.resume(runId, { signal: { aborted: false } as AbortSignal });
    await expect(resumed).rejects.toThrow("signal is an AbortSignal");
    expect(await wflo.runs.list()).toMatchObject([{ status: "paused", epoch: 1 }]);
  });

  test.each([
    [{ budget: "5,00" }, "is not an amount of money"],
    [{ budgets: "user/42" as unknown as string[] }, "budgets are a list of texts."],
  ])("a workflow, when it is made (%#)", (options, sentence) => {
    expect(() => client().workflow("w", () => 1, options)).toThrow(sentence);
  });
});

describe("resume", () => {
  test("of an unknown, a completed or another workflow's run says so", async () => {
    const wflo = client();
    const done = wflo.workflow("done", () => 1);
    const other = wflo.workflow("other", () => 1);
    await done.run(undefined);
    const id = (await wflo.runs.list())[0]?.id ?? "";
    await expect(done.resume("nonsense")).rejects.toThrow(UnknownRunError);
    await expect(done.resume(crypto.randomUUID())).rejects.toThrow(UnknownRunError);
    await expect(done.resume(id)).rejects.toThrow("it is completed");
    await expect(other.resume(id)).rejects.toThrow(RunNotResumableError);
  });

  test("of a run that another process executes is refused, or takes it over: the other may not save or spend any more", async () => {
    const first = client();
    const second = client();
    const started = Promise.withResolvers<string>();
    const goOn = Promise.withResolvers<void>();
    const define = (wflo: Wflo, isFirst: boolean) =>
      wflo.workflow(
        "long",
        async (run) => {
          if (isFirst) {
            started.resolve(run.id);
            await goOn.promise;
          }
          return run.step("work", () => call(wflo));
        },
        { budget: "1.00" },
      );
    const work = define(first, true).run(undefined);
    const id = await started.promise;
    await expect(define(second, false).resume(id)).rejects.toThrow(RunAliveError);
    expect(await define(second, false).resume(id, { takeOver: true })).toBe("answered");
    goOn.resolve();
    await expect(work).rejects.toThrow(RunSupersededError);
    expect((await second.runs.get(id))?.cost).toMatchObject({ calls: 1, total: ANSWER_COST });
  });

  test("a process that was superseded between its steps and its end does not give a result", async () => {
    const first = client();
    const started = Promise.withResolvers<string>();
    const goOn = Promise.withResolvers<void>();
    const define = (wflo: Wflo, isFirst: boolean) =>
      wflo.workflow("no-steps", async (run) => {
        if (!isFirst) return "second";
        started.resolve(run.id);
        await goOn.promise;
        return "first";
      });
    const work = define(first, true).run(undefined);
    const id = await started.promise;
    expect(await define(client(), false).resume(id, { takeOver: true })).toBe("second");
    goOn.resolve();
    await expect(work).rejects.toThrow(RunSupersededError);
    expect((await first.runs.get(id))?.result).toBe("second");
  });

  test("finds a run whose process died, and closes its open call in doubt", async () => {
    const dead = client();
    let id = "";
    const define = (wflo: Wflo, attempt: () => Promise<ReturnType<typeof answer<string>>>) =>
      wflo.workflow(
        "crash",
        async (run) => {
          id = run.id;
          return run.step("ask", () => wflo.guardCall(request({ maxOutputTokens: 200 }), attempt));
        },
        { budget: "0.01" },
      );
    void define(dead, () => new Promise(() => {})).run(undefined);
    await pause(20);
    now += 60_000;
    const wflo = client();
    expect(await wflo.runs.list({ status: "stale" })).toMatchObject([{ id, status: "stale" }]);
    expect(await define(wflo, async () => answer("second try")).resume(id)).toBe("second try");
    expect(await wflo.calls.list({ runId: id })).toMatchObject([
      { kind: "doubt", inDoubt: true },
      { kind: "settle" },
    ]);
  });

  test("tops up the budget that refused, never lowers, and says which one it was", async () => {
    const wflo = client();
    await wflo.budgets.set({ id: "user/1", caps: { month: "0.0001" } });
    const spend = wflo.workflow("spend", () => call(wflo), { budget: "1.00", budgets: ["user/1"] });
    const refusal = (await spend.run(undefined).catch((error: unknown) => error)) as BudgetExceededError;
    const id = refusal.runId ?? "";
    await expect(spend.resume(id, { topUp: { to: "2.00" } })).rejects.toThrow(
      `topUp: { to: "2.00", budget: "user/1" }`,
    );
    expect(await spend.resume(id, { topUp: { to: "5.00", budget: "user/1" } })).toBe("answered");
    expect((await wflo.budgets.get("user/1"))?.windows[0]?.cap).toBe("5.00");
  });

  test("skips saved steps without a word to their functions", async () => {
    const wflo = client();
    const step = vi.fn<() => number>(() => 1);
    let isBroken = true;
    const flow = wflo.workflow("flow", async (run) => {
      await run.step("once", step);
      if (isBroken) throw new Error("stop");
    });
    await expect(flow.run(undefined)).rejects.toThrow("stop");
    isBroken = false;
    await flow.resume((await wflo.runs.list())[0]?.id ?? "");
    expect(step).toHaveBeenCalledOnce();
  });
});

test("an abort reaches the run's signal and stops further calls", async () => {
  const wflo = client();
  const abort = new AbortController();
  const work = wflo.run({ signal: abort.signal }, async (run) => {
    abort.abort(new Error("enough"));
    expect(run.signal.aborted).toBe(true);
    await call(wflo);
  });
  await expect(work).rejects.toThrow("enough");
});

test("a call that never answers is cut some time after its run is over, and charged at its hold", async () => {
  const clock = fakeClock();
  const wflo = createWflo({ database, clock, logger: false });
  const work = wflo.run({ budget: "1.00" }, async () => {
    const attempt = ({ signal }: Grant) =>
      new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    wflo.guardCall(request({ maxOutputTokens: 200 }), attempt).catch(() => {});
    await pause(10);
  });
  await pause(30);
  clock.advance(16_000);
  await work;
  expect((await wflo.runs.list())[0]?.status).toBe("completed");
  expect(await wflo.calls.list()).toMatchObject([{ kind: "doubt", charged: "0.002634" }]);
});

test("a call that starts, or still waits for money, when its run is over is not sent", async () => {
  const wflo = client();
  const late = Promise.withResolvers<void>();
  const sent: string[] = [];
  const ask = (name: string, hold: string) =>
    wflo.guardCall(request({ hold }), async () => {
      sent.push(name);
      await pause(30);
      return answer(1);
    });
  const ends: Promise<unknown>[] = [];
  await wflo.run({ budget: "1.00" }, async () => {
    const first = ask("first", "1.00");
    await pause(5);
    ends.push(ask("waiting", "0.90").catch((error: unknown) => error));
    ends.push(late.promise.then(() => ask("forgotten", "0.10")).catch((error: unknown) => error));
    await pause(5);
    void first;
  });
  late.resolve();
  expect(await Promise.all(ends)).toMatchObject([{ code: "WFLO_RUN_OVER" }, { code: "WFLO_RUN_OVER" }]);
  expect(sent).toEqual(["first"]);
});

describe("closing the client", () => {
  test("waits for a run and writes its end", async () => {
    const wflo = client();
    const work = wflo.run({ budget: "1.00" }, async () => {
      await wflo.guardCall(request({ maxOutputTokens: 200 }), async () => {
        await pause(30);
        return answer(1);
      });
      return "done";
    });
    await pause(10);
    const ends = database.runs.finish.bind(database.runs);
    const written: string[] = [];
    database.runs.finish = (tenant, end) => {
      written.push(end.status);
      return ends(tenant, end);
    };
    await wflo.close();
    expect(await work).toBe("done");
    expect(written).toEqual(["completed"]);
  });

  test("lets a run that it waits for begin a run within it", async () => {
    const wflo = client();
    const work = wflo.run({}, async (run) => {
      await run.step("pause", () => pause(30));
      return wflo.run({}, () => "done");
    });
    await pause(10);
    const closed = wflo.close();
    expect(await work).toBe("done");
    await closed;
  });

  test("pauses a run that wants to go on", async () => {
    const kept = memoryDatabase();
    const closing = createWflo({
      database: { ...kept, close: async () => {}, commitStep: kept.commitStep.bind(kept) },
      logger: false,
    });
    const define = (wflo: Wflo) =>
      wflo.workflow("two", async (run) => [
        await run.step("one", () => call(wflo)),
        await run.step("pause", () => pause(20)),
        await run.step("two", () => call(wflo)),
      ]);
    const work = define(closing)
      .run(undefined)
      .catch((error: unknown) => error);
    await pause(10);
    await closing.close();
    expect(await work).toMatchObject({ code: "WFLO_CLIENT_CLOSED" });
    const next = createWflo({ database: kept, logger: false });
    const [run] = await next.runs.list();
    expect(run?.status).toBe("paused");
    expect(await define(next).resume(run?.id ?? "")).toEqual(["answered", undefined, "answered"]);
  });
});

test("a step that is called from outside its run, as by a queue's worker, is paid by its run all the same", async () => {
  const wflo = client();
  const queue: (() => Promise<unknown>)[] = [];
  const worker = setInterval(() => void queue.shift()?.(), 2);
  const outcome = await wflo
    .run({ budget: "0.001" }, (run) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      queue.push(() => run.step("queued", () => call(wflo)).then(resolve, reject));
      return promise;
    })
    .catch((error: unknown) => error);
  clearInterval(worker);
  expect(outcome).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED", cap: "0.001" });
});

test("a pause waits for a sibling's step to be saved, so that a resume does not pay for it again", async () => {
  const wflo = client();
  const ran: string[] = [];
  const flow = wflo.workflow(
    "siblings",
    (run) =>
      Promise.all([
        run.step("slow", async () => {
          ran.push("slow");
          const value = await wflo.guardCall(request({ hold: "0.4" }), async () => {
            await pause(30);
            return answer("v");
          });
          await pause(30);
          return value;
        }),
        run.step("refused", async () => {
          await pause(10);
          return wflo.guardCall(request({ hold: "0.9" }), async () => answer("w"));
        }),
      ]),
    { budget: "0.5" },
  );
  const refusal = (await flow.run(undefined).catch((error: unknown) => error)) as BudgetExceededError;
  expect(await flow.resume(refusal.runId ?? "", { topUp: { to: "5" } })).toEqual(["v", "w"]);
  expect(ran).toEqual(["slow"]);
});

test("a step that failed may be tried again in the same run", async () => {
  let tries = 0;
  const result = client().run({}, async (run) => {
    const attempt = () =>
      run.step("flaky", () => {
        if (++tries === 1) throw new Error("once");
        return tries;
      });
    return attempt().catch(attempt);
  });
  expect(await result).toBe(2);
});

test("a top-up of a budget with several caps raises the one that refused", async () => {
  const wflo = client();
  await wflo.budgets.set({ id: "user/2", caps: { day: "0.0001", month: "20.00" } });
  const spend = wflo.workflow("spend", () => call(wflo), { budgets: ["user/2"] });
  const refusal = (await spend.run(undefined).catch((error: unknown) => error)) as BudgetExceededError;
  expect(await spend.resume(refusal.runId ?? "", { topUp: { to: "1.00", budget: "user/2" } })).toBe(
    "answered",
  );
  expect((await wflo.budgets.get("user/2"))?.windows.map(({ cap }) => cap)).toEqual(["1.00", "20.00"]);
});

test("two starts with one id: one runs, and the other does not touch its cap", async () => {
  const wflo = client();
  const runId = "01a20000-0000-7000-8000-000000000001";
  const flow = wflo.workflow("once", () => call(wflo));
  const ends = await Promise.allSettled([
    flow.run(undefined, { runId, budget: "0.0001" }),
    flow.run(undefined, { runId, budget: "50" }),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await wflo.budgets.get(`run/${runId}`))?.windows[0]?.cap).toBe("0.0001");
});
