import { attributed, bindWrapper, createWflo, currentRun, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answer, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false });
  for (const id of ["a", "b"]) await wflo.budgets.set({ id, caps: { total: "1.00" } });
});
afterEach(() => wflo.close());

const call = () => wflo.guardCall(request(), async () => answer("yes"));

test("calls below are on its budgets, beside those around, and its agent's, thread's and step's", async () => {
  await attributed({ budgets: ["a"], agent: "outer", place: { thread: "t", step: "s" } }, () =>
    attributed({ budgets: ["b", "a"], agent: "inner" }, call),
  );
  const [line] = await wflo.calls.list({ thread: "t" });
  expect(line).toMatchObject({ budgetIds: ["a", "b"], agent: "inner", thread: "t", step: "s" });
});

test("a wrapper that names no client has that of what is around it", async () => {
  const bind = bindWrapper({});
  await expect(bind()).rejects.toMatchObject({ code: "WFLO_NO_CLIENT" });
  const bound = await attributed({ wflo }, bind);
  expect(bound.wflo).toBe(wflo);
});

test("a run keeps its own client, and its steps their names", async () => {
  const other = createWflo({ logger: false });
  try {
    const line = await wflo.run({ name: "r" }, (run) =>
      attributed({ wflo: other, place: { thread: "t", step: "theirs" } }, () =>
        run.step("own", async () => {
          expect((await bindWrapper({})()).wflo).toBe(wflo);
          await call();
          return currentRun()?.step;
        }),
      ),
    );
    expect(line).toBe("own");
    expect(await wflo.calls.list({ thread: "t" })).toMatchObject([{ step: "own" }]);
  } finally {
    await other.close();
  }
});
