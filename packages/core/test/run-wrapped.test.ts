import {
  BudgetBusyError,
  BudgetExceededError,
  BudgetPausedError,
  ClientClosedError,
  createWflo,
  isBudgetExceeded,
  memoryDatabase,
  RunInterruptedError,
  RunSupersededError,
  type ResumeOptions,
  type Wflo,
} from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";
import { answer, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(() => {
  wflo = createWflo({ database: memoryDatabase(), logger: false, waitMs: 100 });
});
const call = () => wflo.guardCall(request({ maxOutputTokens: 200 }), async () => answer("answered"));
const rowOf = async (workflow: string) => (await wflo.runs.list({ workflow }))[0];
const refusal = {
  budgetId: "b",
  window: "total",
  capNanoUsd: 1n,
  spentNanoUsd: 0n,
  reservedNanoUsd: 1n,
  neededNanoUsd: 1n,
} as const;

describe("a run is paused by what an SDK has wrapped:", () => {
  test.each([
    ["a paused budget", new BudgetPausedError("b")],
    ["a busy budget", new BudgetBusyError(refusal, 100)],
    ["a closed client", new ClientClosedError()],
    ["an interrupt", new RunInterruptedError("r", [])],
  ])("%s", async (_, reason) => {
    const wrapped = new Error("Connection error.", { cause: new AggregateError([reason]) });
    await expect(wflo.run({ name: "w" }, () => Promise.reject(wrapped))).rejects.toBe(wrapped);
    expect((await rowOf("w"))?.status).toBe("paused");
  });
});

describe("of a refusal in an error that cannot be saved whole", () => {
  const refused = async () => {
    await wflo.budgets.set({ id: "user/42", caps: { day: "0.0001", month: "5.00" } });
    const workflow = wflo.workflow("w", () =>
      call().catch((cause: unknown) => {
        throw Object.assign(new Error("Connection error.", { cause }), { request: { retry: () => {} } });
      }),
    );
    const options = { budget: "1.00", budgets: ["user/42"] };
    await expect(workflow.run(undefined, options)).rejects.toThrow("Connection error.");
    const row = await rowOf("w");
    return { row, resume: (topUp: ResumeOptions["topUp"]) => workflow.resume(row?.id ?? "", { topUp }) };
  };

  test("the run knows that it is one", async () => {
    const { row } = await refused();
    expect(row).toMatchObject({ status: "paused", error: { message: "Connection error." } });
    expect(isBudgetExceeded(row?.error)).toBe(true);
  });

  test("the cap that refused is raised by a resume, and no other in its place", async () => {
    const { resume } = await refused();
    await expect(resume({ to: "2.00" })).rejects.toThrow("it was stopped by budget user/42");
    expect(await resume({ to: "2.00", budget: "user/42" })).toBe("answered");
  });
});

test("a run that ends because another process took over a run inside it is failed", async () => {
  const started = Promise.withResolvers<string>();
  const gate = Promise.withResolvers<void>();
  const inner = wflo.workflow("inner", async (run) => {
    started.resolve(run.id);
    await gate.promise;
    return run.step("work", () => "done");
  });
  const running = wflo.workflow("outer", () => inner.run(undefined)).run(undefined);
  const taken = inner.resume(await started.promise, { takeOver: true });
  gate.resolve();
  await expect(running).rejects.toThrow(RunSupersededError);
  expect(await taken).toBe("done");
  expect(await rowOf("outer")).toMatchObject({ status: "failed", error: { code: "WFLO_RUN_SUPERSEDED" } });
});

test("a run inside another goes on where it was when its id is kept in a step", async () => {
  const paid: string[] = [];
  const inner = wflo.workflow("inner", async (run) => {
    for (const name of ["a", "b"]) await run.step(name, () => call().then(() => paid.push(name)));
    return paid.join();
  });
  const outer = wflo.workflow("outer", async (run) => {
    const id = await run.step("id", () => crypto.randomUUID());
    return run.step("inner", async () => {
      const known = await wflo.runs.get(id);
      if (known === undefined) return inner.run(undefined, { runId: id });
      return known.status === "completed" ? known.result : inner.resume(id, { takeOver: true });
    });
  });
  const stopped = (await outer.run(undefined, { budget: "0.003" }).catch((error: unknown) => error)) as {
    readonly runId: string;
  };
  expect(paid).toEqual(["a"]);
  expect(await outer.resume(stopped.runId, { topUp: { to: "1.00" } })).toBe("a,b");
});

describe("of runs inside each other, each caller gets the id of its own run on a refusal,", () => {
  const nested = async (wrap: (error: unknown) => unknown) => {
    const ids: unknown[] = [];
    const inner = wflo.workflow("inner", () => call(), { budget: "0.0001" });
    const outer = wflo.workflow("outer", (run) =>
      run.step("in", async () => {
        const error = await inner.run(undefined).catch((thrown: unknown) => thrown);
        ids.push((error as BudgetExceededError).runId);
        throw wrap(error);
      }),
    );
    const thrown: unknown = await outer.run(undefined).catch((error: unknown) => error);
    const rows = { inner: await rowOf("inner"), outer: await rowOf("outer") };
    return { thrown, ids, rows };
  };

  test("and the rows keep theirs", async () => {
    const { thrown, ids, rows } = await nested((error) => error);
    expect(thrown).toBeInstanceOf(BudgetExceededError);
    expect(thrown).toMatchObject({ runId: rows.outer?.id });
    expect(ids).toEqual([rows.inner?.id]);
    expect(rows.inner?.error).toMatchObject({ runId: rows.inner?.id });
    expect(rows.outer?.error).toMatchObject({ runId: rows.outer?.id });
  });

  test("also where it is wrapped, and a frozen one stays what it is", async () => {
    const { thrown, rows } = await nested((error) => new Error("APIError", { cause: error }));
    expect(thrown).toMatchObject({ message: "APIError", cause: { runId: rows.outer?.id } });
    const frozen = Object.freeze(new BudgetExceededError(refusal));
    await expect(wflo.run({ name: "frozen" }, () => Promise.reject(frozen))).rejects.toBe(frozen);
    expect((await rowOf("frozen"))?.status).toBe("paused");
  });
});
