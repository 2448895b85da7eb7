import { BudgetExceededError, createWflo, WfloError, type Wflo } from "@wflo/core";
import { ConstantBackoff, handleAll, retry, timeout, TimeoutStrategy, wrap } from "cockatiel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, ANSWER_COST, request } from "./support/model.ts";
import { chunksOf, readAll, streamed } from "./support/streams.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false, waitMs: 100, drainMs: 200 });
  await wflo.budgets.set({ id: "b", caps: { total: "1.00" } });
});
afterEach(() => wflo.close());

const thrice = () => retry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(1) });
const serverError = () => Object.assign(new Error("overloaded"), { status: 500 });

describe("a retry policy", () => {
  test("repeats an attempt that fails, each time as a call with an id and a hold of its own", async () => {
    const seen: string[] = [];
    const value = await wflo.guardCall(request({ budgets: ["b"], retry: thrice() }), async ({ callId }) => {
      seen.push(callId);
      if (seen.length < 3) throw serverError();
      return answer("third time");
    });
    expect(value).toBe("third time");
    const lines = await wflo.calls.list();
    expect(lines.map(({ kind, charged }) => [kind, charged])).toEqual([
      ["void", "0.00"],
      ["void", "0.00"],
      ["settle", ANSWER_COST],
    ]);
    expect(lines.map(({ callId }) => callId)).toEqual(seen);
    expect(new Set(seen).size).toBe(3);
  });

  test("gives the caller's id to the first attempt, and others to the rest", async () => {
    const callId = crypto.randomUUID();
    const seen: string[] = [];
    await wflo.guardCall(request({ callId, retry: thrice() }), async (grant) => {
      seen.push(grant.callId);
      if (seen.length === 1) throw serverError();
      return answer("second time");
    });
    expect(seen[0]).toBe(callId);
    expect(seen[1]).not.toBe(callId);
  });

  test("does not repeat a refusal, though it repeats everything", async () => {
    let refusals = 0;
    wflo.on("budget-exceeded", () => (refusals += 1));
    await wflo.budgets.set({ id: "b", caps: { total: "0.000001" } });
    const refused = wflo.guardCall(request({ budgets: ["b"], retry: thrice() }), async () => answer("never"));
    await expect(refused).rejects.toBeInstanceOf(BudgetExceededError);
    expect(refusals).toBe(1);
  });

  test("tells the last failure when all attempts fail", async () => {
    const failed = wflo.guardCall(request({ retry: thrice() }), () => Promise.reject(serverError()));
    await expect(failed).rejects.toThrow("overloaded");
    expect(await wflo.calls.list()).toHaveLength(4);
  });

  test("repeats the opening of a stream, not a stream that has begun", async () => {
    let opened = 0;
    const stream = await wflo.guardStream(request({ retry: thrice() }), async () => {
      opened += 1;
      if (opened === 1) throw serverError();
      return {
        chunks: ReadableStream.from(["a", "b"]),
        meter: {
          read: (chunk: string) => [chunk],
          flush: () => [],
          outcome: () => ({ kind: "answered", usage: { inputTokens: 1, outputTokens: 1 } }) as const,
        },
        value: (chunks: ReadableStream<string>) => chunks,
      };
    });
    const read: string[] = [];
    for await (const chunk of stream) read.push(chunk);
    expect(read).toEqual(["a", "b"]);
    expect((await wflo.calls.list()).map(({ kind }) => kind)).toEqual(["void", "settle"]);
  });

  test("is left when the caller aborts", async () => {
    const abort = new AbortController();
    let attempts = 0;
    const work = wflo.guardCall(request({ signal: abort.signal, retry: thrice() }), async () => {
      attempts += 1;
      abort.abort(new Error("enough"));
      throw serverError();
    });
    await expect(work).rejects.toThrow("enough");
    expect(attempts).toBe(1);
  });

  test("that times its attempts out ends them by its own signal", async () => {
    const policy = timeout(50, TimeoutStrategy.Cooperative);
    const startedAt = performance.now();
    const work = wflo.guardCall(request({ retry: policy }), async ({ signal }) => {
      const cut = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => cut.reject(signal.reason));
      return cut.promise;
    });
    await expect(work).rejects.toThrow(/timed out|aborted/i);
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect((await wflo.calls.list()).map(({ kind }) => kind)).toEqual(["doubt"]);
  });

  test.each([
    ["cooperative", timeout(5_000, TimeoutStrategy.Cooperative)],
    ["aggressive", timeout(5_000, TimeoutStrategy.Aggressive)],
    [
      "cooperative, without an abort at its end",
      timeout(5_000, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false }),
    ],
    ["repeated", wrap(thrice(), timeout(5_000, TimeoutStrategy.Aggressive))],
  ])(
    "that times the opening of a stream out leaves it to its caller once it has opened: %s",
    async (_, policy) => {
      const abort = new AbortController();
      const asked = request({ budgets: ["b"], maxOutputTokens: 100, retry: policy, signal: abort.signal });
      const whole = await wflo.guardStream(asked, async () => streamed(chunksOf("a", "b", "usage")));
      expect(await readAll(whole)).toEqual({ pieces: ["a", "b"], error: undefined });
      const open = new ReadableStream<string>({ start: (controller) => controller.enqueue("a") });
      const left = await wflo.guardStream(asked, async () => streamed(open));
      const reading = readAll(left);
      abort.abort(new Error("the user left"));
      expect((await reading).error).toMatchObject({ message: "the user left" });
    },
  );

  test("lets its caller go at once when it aborts between two attempts", async () => {
    const slow = retry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(5_000) });
    const abort = new AbortController();
    const work = wflo.guardCall(request({ signal: abort.signal, retry: slow }), () =>
      Promise.reject(serverError()),
    );
    setTimeout(() => abort.abort(new Error("enough")), 30);
    const startedAt = performance.now();
    await expect(work).rejects.toThrow("enough");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test("that is none is refused with a sentence", async () => {
    const odd = { execute: 3 } as never;
    const refused = wflo.guardCall(request({ retry: odd }), async () => answer("never"));
    await expect(refused).rejects.toBeInstanceOf(WfloError);
  });
});
