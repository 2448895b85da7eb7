import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answer, ANSWER_COST, request } from "./support/model.ts";
import { oneBudget, under } from "./support/one-budget.ts";
import { chunksOf, readAll, streamed } from "./support/streams.ts";

const client = oneBudget();

describe("while a test has fake timers that stand still", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("a call is made, and charged", async () => {
    await client.budget("1.00");
    expect(await client.wflo.guardCall(request(under), async () => answer("hi"))).toBe("hi");
    await client.wflo.flush();
    expect((await client.wflo.budgets.get("b"))?.windows[0]).toMatchObject({ spent: ANSWER_COST });
  });

  test("a stream is read, and charged", async () => {
    await client.budget("1.00");
    const stream = await client.wflo.guardStream(request(under), async () =>
      streamed(chunksOf("hi", "usage")),
    );
    expect((await readAll(stream)).pieces).toEqual(["hi"]);
    await client.wflo.flush();
    expect((await client.wflo.budgets.get("b"))?.windows[0]?.reserved).toBe("0.00");
  });

  test("a run saves its steps, and ends", async () => {
    await client.budget("1.00");
    const ask = () => client.wflo.guardCall(request(), async () => answer("hi"));
    const answers = await client.wflo.run({ budgets: ["b"] }, (run) =>
      Promise.all(["a", "b"].map((key) => run.step({ name: "ask", key }, ask))),
    );
    expect(answers).toEqual(["hi", "hi"]);
  });
});
