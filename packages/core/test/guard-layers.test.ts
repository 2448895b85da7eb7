import { createWflo, type Answer, type Clock, type StreamAnswer, type Wflo } from "@wflo/core";
import { expect, onTestFinished, test } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

async function client(budgets: readonly string[], clock?: Clock): Promise<Wflo> {
  const wflo = createWflo({ logger: false, drainMs: 60_000, settle: "background", clock });
  onTestFinished(() => wflo.close());
  for (const id of budgets) await wflo.budgets.set({ id, caps: { total: "1.00" } });
  return wflo;
}

const lost: Answer<number> = { value: 1, outcome: { kind: "answered", usage: undefined } };

test("a call inside a call is charged to the budgets of both", async () => {
  const wflo = await client(["team", "user"]);
  const inner = () => wflo.guardCall(request({ budgets: ["user"] }), async () => answer(1));
  await wflo.guardCall(request({ budgets: ["team"] }), async () => {
    await inner();
    await inner();
    return lost;
  });
  const lines = await wflo.calls.list();
  expect(lines.map(({ budgetIds }) => budgetIds.toSorted())).toEqual([
    ["team", "user"],
    ["team", "user"],
  ]);
});

test("an outer call that does not see the usage of the inner one keeps no further call away", async () => {
  const wflo = await client(["team"]);
  for (let call = 0; call < 2; call += 1) {
    const inner = () => wflo.guardCall(request(), async () => answer(1));
    await wflo.guardCall(request({ budgets: ["team"] }), async () => ({ ...lost, value: await inner() }));
  }
  expect((await wflo.calls.list()).map(({ charged }) => charged)).toEqual([ANSWER_COST, ANSWER_COST]);
});

test("calls of two clients inside one another do not take over each other's holds", async () => {
  const [one, two] = [await client(["team"]), await client(["user"])];
  await one.guardCall(request({ budgets: ["team"] }), async () => {
    await two.guardCall(request({ budgets: ["user"] }), async () => answer(1));
    return answer(1);
  });
  for (const wflo of [one, two]) {
    expect(await wflo.calls.list()).toMatchObject([{ kind: "settle", charged: ANSWER_COST }]);
  }
});

test("an aborted stream that turns out to be a plain answer leaves no timer behind", async () => {
  const timers = new Set<number>();
  let next = 0;
  const schedule: Clock["schedule"] = (task, delayMs, options) => {
    const timer = (next += 1);
    const isDrain = delayMs === 60_000;
    if (isDrain && options?.keepAlive === true) timers.add(timer);
    const handle = setTimeout(task, delayMs).unref();
    return () => (clearTimeout(handle), void timers.delete(timer));
  };
  const wflo = await client([], { now: () => Date.now(), monotonic: () => performance.now(), schedule });
  const work = wflo.guardStream(
    request({ signal: AbortSignal.timeout(10) }),
    async () => (await pause(40), answer(1)),
  );
  await expect(work).rejects.toThrow(/timeout/);
  expect(timers.size).toBe(1);
  await pause(60);
  expect(timers.size).toBe(0);
});

test("a stream that cannot be read is a failure of the stream, and its call is closed", async () => {
  const wflo = await client(["team"]);
  const chunks = new ReadableStream<string>();
  chunks.getReader();
  const meter: StreamAnswer<string, ReadableStream<string>>["meter"] = {
    read: (chunk) => [chunk],
    flush: () => [],
    outcome: () => ({ kind: "cut", reason: "broke off" }),
  };
  const given = await wflo.guardStream(request({ budgets: ["team"] }), async () => ({
    chunks,
    meter,
    value: (out: ReadableStream<string>) => out,
  }));
  await expect(given.getReader().read()).rejects.toThrow(/locked/);
  expect(await wflo.calls.list()).toMatchObject([{ kind: "estimate" }]);
});
