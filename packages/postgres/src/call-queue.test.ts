import { expect, test, vi } from "vitest";
import { CallQueue, type FunctionCall } from "./call-queue.ts";
import type { Cell, Statement } from "./driver.ts";

type Answer = readonly (readonly Cell[])[];

/** A queue on a database that answers when it is told to. */
function heldQueue() {
  const sent: (Statement & { readonly answered: PromiseWithResolvers<Answer> })[] = [];
  const queue = new CallQueue((statement) => {
    const answered = Promise.withResolvers<Answer>();
    sent.push({ ...statement, answered });
    return answered.promise;
  });
  return { queue, sent };
}

/** As many as leave at once. */
const BEFORE = ["w", "x", "y", "z"];

const call = (thread: string, arg = thread): FunctionCall => ({
  name: "put",
  args: [arg],
  lock: ["t", thread],
});
/** Lets what follows from answers happen. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a call that nobody is before leaves at once, by itself", () => {
  const { queue, sent } = heldQueue();
  void queue.call(call("a"));
  expect(sent).toMatchObject([{ text: "select wflo.put($1)", params: ["a"], name: "wflo_put" }]);
});

test("calls that wait leave together in the order of what they lock, and each gets its own answer", async () => {
  const { queue, sent } = heldQueue();
  for (const thread of BEFORE) void queue.call(call(thread));
  const answers = ["ü", "b", "a"].map((thread) => queue.call(call(thread)));
  expect(sent).toHaveLength(4);
  sent[0]?.answered.resolve([["1"]]);
  await settled();
  expect(sent[4]).toMatchObject({
    text: "values (wflo.put($1)), (wflo.put($2)), (wflo.put($3))",
    params: ["a", "b", "ü"],
    name: undefined,
  });
  sent[4]?.answered.resolve([['"of a"'], ['"of b"'], ['"of ü"']]);
  expect(await Promise.all(answers)).toEqual(["of ü", "of b", "of a"]);
});

test("what one call is refused with is told to it alone", async () => {
  const { queue, sent } = heldQueue();
  for (const thread of BEFORE) void queue.call(call(thread));
  const outcomes = Promise.allSettled(["good", "bad"].map((thread) => queue.call(call(thread))));
  sent[0]?.answered.resolve([["1"]]);
  await settled();
  sent[4]?.answered.reject(new Error("one of them"));
  await settled();
  expect(sent.slice(5).map(({ params }) => params)).toEqual([["bad"], ["good"]]);
  sent[5]?.answered.reject(new Error("it was this one"));
  sent[6]?.answered.resolve([["2"]]);
  expect(await outcomes).toMatchObject([
    { status: "fulfilled", value: 2 },
    { status: "rejected", reason: { message: "it was this one" } },
  ]);
});

test("calls do not wait for one that is slow", async () => {
  vi.useFakeTimers();
  const { queue, sent } = heldQueue();
  for (const thread of [...BEFORE, "a", "b"]) void queue.call(call(thread));
  expect(sent).toHaveLength(4);
  vi.advanceTimersByTime(1_000);
  vi.useRealTimers();
  expect(sent.slice(4).map(({ params }) => params)).toEqual([["a", "b"]]);
  for (const { answered } of sent) answered.resolve([["1"], ["1"]]);
  await settled();
  // Those that were slow count no more, and not less either.
  for (const thread of ["c", "d", "e", "f", "g"]) void queue.call(call(thread));
  expect(sent).toHaveLength(9);
});

test("a statement has at most sixteen calls and a million characters, or one call", async () => {
  const { queue, sent } = heldQueue();
  for (const thread of BEFORE) void queue.call(call(thread));
  for (let at = 0; at < 20; at += 1) void queue.call(call("small"));
  for (let at = 0; at < 3; at += 1) void queue.call(call("large", "x".repeat(600_000)));
  void queue.call({ ...call("many"), args: [["x".repeat(600_000), null], "x".repeat(600_000)] });
  const sizes: number[] = [];
  for (let at = 0; at < sent.length; at += 1) {
    sizes.push(sent[at]?.text.split("wflo.put").length ?? 0);
    sent[at]?.answered.resolve(Array.from({ length: 16 }, () => ["1"]));
    await settled();
  }
  expect(sizes.map((parts) => parts - 1)).toEqual([1, 1, 1, 1, 16, 5, 1, 1, 1]);
});
