import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { getEventListeners } from "node:events";
import { createWflo, type StreamMeter, type Wflo, type WfloOptions } from "@wflo/core";
import { onTestFinished, describe, expect, test, vi } from "vitest";
import { pump } from "../src/guard/pump.ts";
import { ANSWER_COST, pause, request } from "./support/model.ts";

async function client(options: WfloOptions = {}): Promise<Wflo> {
  const wflo = createWflo({ logger: false, drainMs: 100, ...options });
  onTestFinished(() => wflo.close());
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
  return wflo;
}

/** Knows its bill, of 5,000 tokens, from the chunk "last" on. */
function meter(): StreamMeter<string> {
  const output = { bytes: 0, pieces: 0 };
  let isOver = false;
  return {
    read(chunk) {
      isOver ||= chunk === "last";
      output.bytes += 4 * 5_000;
      output.pieces += 5_000;
      return [chunk];
    },
    flush: () => [],
    output: () => output,
    isOver: () => isOver,
    outcome: () =>
      isOver
        ? { kind: "answered", usage: { inputTokens: 10, outputTokens: 5_000 } }
        : { kind: "cut", reason: "broke off" },
  };
}

interface Opened {
  readonly stream: ReadableStream<string>;
  readonly abort: AbortController;
  readonly isCancelled: () => boolean;
  readonly isWireCut: () => boolean;
  readonly over: ReturnType<typeof vi.fn>;
}

/** A stream of these chunks whose wire then stays open, whatever its signal says. */
async function open(wflo: Wflo, chunks: readonly string[], change = {}): Promise<Opened> {
  const abort = new AbortController();
  const over = vi.fn<() => void>();
  let isCancelled = false;
  let wire: AbortSignal | undefined;
  const asked = request({ budgets: ["b"], maxOutputTokens: 50_000, signal: abort.signal, ...change });
  const stream = await wflo.guardStream(asked, async ({ signal }) => ({
    chunks: new ReadableStream<string>({
      start(controller) {
        wire = signal;
        for (const chunk of chunks) controller.enqueue(chunk);
      },
      cancel: () => void (isCancelled = true),
    }),
    meter: meter(),
    value: (metered: ReadableStream<string>) => metered,
    over,
  }));
  const isWireCut = () => wire?.aborted === true;
  return { stream, abort, isCancelled: () => isCancelled, isWireCut, over };
}

const listeners = ({ abort }: Opened) => getEventListeners(abort.signal, "abort").length;

describe("a stream whose call is closed already", () => {
  test("is ended by an abort all the same: its reader is let go, and its wire", async () => {
    const opened = await open(await client(), ["a", "last"]);
    const reader = opened.stream.getReader();
    await reader.read();
    await reader.read();
    const rest = reader.read();
    await pause(10);
    expect(opened.over).not.toHaveBeenCalled();
    opened.abort.abort(new Error("user left"));
    await expect(rest).rejects.toThrow("user left");
    await pause(0);
    expect([opened.isCancelled(), opened.over.mock.calls.length]).toEqual([true, 1]);
  });

  test("gives a reader who is behind nothing more after an abort", async () => {
    const opened = await open(await client(), [...Array.from({ length: 500 }, () => "a"), "last"]);
    const reader = opened.stream.getReader();
    await reader.read();
    await pause(10);
    opened.abort.abort(new Error("user left"));
    await expect(reader.read()).rejects.toThrow("user left");
  });

  test("is not cut by its hold in the chunk that closed it", async () => {
    const wflo = await client();
    const { stream, isWireCut } = await open(wflo, ["last"], { hold: "0.001" });
    const reader = stream.getReader();
    expect((await reader.read()).value).toBe("last");
    await pause(10);
    expect(isWireCut()).toBe(false);
    await reader.cancel();
    expect((await wflo.calls.list())[0]).toMatchObject({ kind: "settle", charged: "0.04002" });
  });
});

test.each(["cancel", "drain"] as const)(
  "a source that does not hear its signal is left when its wire is cut, with %s where settles are awaited",
  async (onAbort) => {
    const wflo = await client({ settle: "await" });
    const opened = await open(wflo, ["a"], { onAbort });
    const reader = opened.stream.getReader();
    await reader.read();
    const began = performance.now();
    await reader.cancel();
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(opened.isCancelled()).toBe(true);
    expect((await wflo.calls.list()).map(({ kind }) => kind)).toEqual(["estimate"]);
  },
);

describe("the caller's signal is kept", () => {
  test("until all is taken, not only until all has come", async () => {
    const wflo = await client();
    const abort = new AbortController();
    const over = vi.fn<() => void>();
    const stream = await wflo.guardStream(request({ budgets: ["b"], signal: abort.signal }), async () => ({
      chunks: ReadableStream.from(["a", "b", "last"]) as ReadableStream<string>,
      meter: meter(),
      value: (metered: ReadableStream<string>) => metered,
      over,
    }));
    const reader = stream.getReader();
    await pause(10);
    const counts = [];
    for (;;) {
      counts.push(getEventListeners(abort.signal, "abort").length);
      if ((await reader.read()).done) break;
    }
    await pause(0);
    expect(counts[0]).toBe(1);
    expect([getEventListeners(abort.signal, "abort").length, over.mock.calls.length]).toEqual([0, 1]);
  });

  test("until the reader leaves", async () => {
    const opened = await open(await client(), ["a", "last"]);
    await pause(10);
    expect(listeners(opened)).toBe(1);
    await opened.stream.cancel();
    await pause(0);
    expect([listeners(opened), opened.over.mock.calls.length]).toEqual([0, 1]);
  });

  test("for half a minute where nobody ever reads", async () => {
    const timers: { task: () => void; atMs: number }[] = [];
    let nowMs = 0;
    const clock = {
      now: () => nowMs,
      monotonic: () => nowMs,
      schedule(task: () => void, delayMs: number) {
        timers.push({ task, atMs: nowMs + delayMs });
        return () => {};
      },
    };
    const onOver = vi.fn<() => void>();
    const chunks = ReadableStream.from(["a", "last"]) as ReadableStream<string>;
    pump(
      { chunks, meter: meter(), value: () => undefined },
      {
        clock,
        wire: new AbortController().signal,
        cancelWaits: false,
        onRead: () => {},
        onUnwanted: () => {},
        onEnd: async () => {},
        onOver,
      },
    );
    await pause(10);
    expect([timers.length, onOver.mock.calls.length]).toEqual([1, 0]);
    nowMs = 30_000;
    timers[0]?.task();
    await pause(0);
    expect(onOver).toHaveBeenCalledOnce();
  });
});

test("a program that has left a stream, and has nothing else to do, ends when that is read to its end and charged", () => {
  const script = join(import.meta.dirname, "fixtures", "leave-stream.ts");
  const printed = execFileSync(process.execPath, ["--no-warnings", script], { encoding: "utf8" });
  expect(printed).toBe(`settle ${ANSWER_COST}\n`);
});
