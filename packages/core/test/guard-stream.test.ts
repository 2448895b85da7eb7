import {
  BudgetExceededError,
  createWflo,
  type GuardRequest,
  type Outcome,
  type StreamMeter,
  type Wflo,
} from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false, waitMs: 200, drainMs: 120 });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
});
afterEach(() => wflo.close());

/** Knows the usage once it has seen the chunk "usage". */
function meter(): StreamMeter<string> {
  let outcome: Outcome | undefined;
  return {
    read(chunk) {
      if (chunk !== "usage") return [chunk];
      outcome = { kind: "answered", usage: { inputTokens: 10, outputTokens: 100 } };
      return [];
    },
    flush: () => [],
    outcome: (complete) =>
      outcome ?? (complete ? { kind: "answered", usage: undefined } : { kind: "cut", reason: "broke off" }),
  };
}

/** A provider's stream: chunks every few milliseconds; `signal` cuts it as a network would. */
function provider(
  chunks: readonly (string | Error)[],
  signal: AbortSignal,
  everyMs = 3,
): ReadableStream<string> {
  let next = 0;
  return new ReadableStream({
    async pull(controller) {
      await pause(everyMs);
      if (signal.aborted) return controller.error(signal.reason);
      const chunk = chunks[next++];
      if (chunk === undefined) controller.close();
      else if (chunk instanceof Error) controller.error(chunk);
      else controller.enqueue(chunk);
    },
  });
}

const WHOLE = ["a", "b", "c", "d", "e", "f", "usage"];

function stream(
  chunks: readonly (string | Error)[] = WHOLE,
  change: Partial<GuardRequest> = {},
  everyMs?: number,
) {
  return wflo.guardStream(request({ budgets: ["b"], ...change }), async (grant) => ({
    chunks: provider(chunks, grant.signal, everyMs),
    meter: meter(),
    value: (metered: ReadableStream<string>) => metered,
  }));
}

async function lines() {
  const { discrepancies } = await wflo.budgets.reconcile();
  expect(discrepancies).toEqual([]);
  return (await wflo.calls.list()).map(({ kind, charged }) => [kind, charged]);
}

async function text(from: ReadableStream<string>): Promise<string> {
  let all = "";
  for await (const chunk of from) all += chunk;
  return all;
}

describe("a guarded stream", () => {
  test("read to its end is charged exactly, and the meter decides what the consumer sees", async () => {
    expect(await text(await stream())).toBe("abcdef");
    expect(await lines()).toEqual([["settle", ANSWER_COST]]);
  });

  test("broken off by its consumer is read on behind its back for the exact cost", async () => {
    for await (const chunk of await stream()) if (chunk === "b") break;
    await vi.waitFor(async () => expect(await lines()).toEqual([["settle", ANSWER_COST]]));
  });

  test("broken off is cut after the drain, and charged at its hold", async () => {
    const reader = (await stream(WHOLE, { maxOutputTokens: 1_000 }, 60)).getReader();
    await reader.read();
    await reader.cancel();
    await pause(300);
    expect(await lines()).toEqual([["estimate", "0.009034"]]);
  });

  test("broken off with cancel is cut at once", async () => {
    const reader = (await stream(WHOLE, { onAbort: "cancel", maxOutputTokens: 1_000 }, 10)).getReader();
    await reader.read();
    await reader.cancel();
    await pause(30);
    expect(await lines()).toEqual([["estimate", "0.009034"]]);
  });

  test("never read still closes its books", async () => {
    await stream();
    await pause(60);
    expect(await lines()).toEqual([["settle", ANSWER_COST]]);
  });

  test("aborted lets the consumer go with the signal's reason, and is read on", async () => {
    const abort = new AbortController();
    const reader = (await stream(WHOLE, { signal: abort.signal })).getReader();
    await reader.read();
    abort.abort(new Error("user left"));
    await expect(reader.read()).rejects.toThrow("user left");
    await pause(60);
    expect(await lines()).toEqual([["settle", ANSWER_COST]]);
  });

  test("aborted before it opened is read on when it opens", async () => {
    const abort = new AbortController();
    const opening = wflo.guardStream(request({ budgets: ["b"], signal: abort.signal }), async (grant) => {
      await pause(30);
      return { chunks: provider(WHOLE, grant.signal), meter: meter(), value: () => "opened" };
    });
    await pause(5);
    abort.abort();
    await expect(opening).rejects.toThrow("aborted");
    await pause(120);
    expect(await lines()).toEqual([["settle", ANSWER_COST]]);
  });

  test("that the provider breaks off is an error to its consumer, charged at its hold", async () => {
    const broken = await stream(["a", new Error("reset")], { maxOutputTokens: 1_000 });
    await expect(text(broken)).rejects.toThrow("reset");
    expect(await lines()).toEqual([["estimate", "0.009034"]]);
  });

  test("that ends without usage is unmeasured", async () => {
    await text(await stream(["a", "b"], { maxOutputTokens: 1_000 }));
    expect(await lines()).toEqual([["unmeasured", "0.009034"]]);
  });

  test("may turn out to be an answer in one piece", async () => {
    expect(await wflo.guardStream(request({ budgets: ["b"] }), async () => answer("whole"))).toBe("whole");
    expect(await lines()).toEqual([["settle", ANSWER_COST]]);
  });

  test("that cannot be paid is refused before anything is sent", async () => {
    await wflo.budgets.set({ id: "b", caps: { total: "0.001" } });
    const attempt = vi.fn<() => never>();
    await expect(wflo.guardStream(request({ budgets: ["b"] }), attempt)).rejects.toThrow(BudgetExceededError);
    expect(attempt).not.toHaveBeenCalled();
  });

  test("reads ahead of a slow consumer only so far, and to the end when its run ends", async () => {
    const many = [...Array.from({ length: 3_000 }, () => "x"), "usage"];
    let served = 0;
    await wflo.run({ budget: "1.00" }, async () => {
      await wflo.guardStream(request(), async () => ({
        chunks: new ReadableStream<string>({
          pull: (controller) =>
            served < many.length ? controller.enqueue(many[served++] ?? "") : controller.close(),
        }),
        meter: meter(),
        value: () => undefined,
      }));
      await pause(30);
      expect(served).toBeLessThan(1_100);
    });
    expect(served).toBe(many.length);
    expect(await lines()).toEqual([["settle", ANSWER_COST]]);
  });

  test("a thousand at once leave no open hold", async () => {
    await wflo.budgets.set({ id: "b", caps: { total: "1000.00" } });
    const texts = await Promise.all(
      Array.from({ length: 1_000 }, async () => text(await stream(WHOLE, {}, 1))),
    );
    expect(new Set(texts)).toEqual(new Set(["abcdef"]));
    await wflo.flush();
    expect((await wflo.budgets.get("b"))?.windows[0]).toMatchObject({ spent: "0.82", reserved: "0.00" });
  });
});
