import { createWflo, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { request } from "./support/model.ts";
import { chunksOf, countingMeter, onlyCall, readAll, streamed } from "./support/streams.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false, drainMs: 300 });
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
});
afterEach(() => wflo.close());

describe("a stream whose caller aborts in the moment in which it opens", () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])(
    "is read once and charged its bill, %i microtasks after it was handed over",
    async (microtasks) => {
      const abort = new AbortController();
      const over = vi.fn<() => void>();
      const opening = wflo.guardStream(
        request({ budgets: ["b"], maxOutputTokens: 20_000, reasoning: false, signal: abort.signal }),
        async () => {
          void (async () => {
            for (let n = 0; n < microtasks; n++) await Promise.resolve();
            abort.abort(new Error("the user left"));
          })();
          return { ...streamed(chunksOf("word ", "word ", "usage"), countingMeter(10_000)), over };
        },
      );
      const end = await opening.then(readAll, (error: unknown) => ({ error }));
      expect(end.error).toMatchObject({ message: "the user left" });
      expect(await onlyCall(wflo)).toMatchObject({ kind: "settle", charged: "0.08002" });
      await vi.waitFor(() => expect(over).toHaveBeenCalledTimes(1));
    },
  );
});

describe("an attempt that does not end, whatever becomes of its wire,", () => {
  /** Makes a call that is never answered; resolves when it was sent. */
  async function send(kind: "guardCall" | "guardStream"): Promise<{ readonly ended: Promise<unknown> }> {
    const sent = Promise.withResolvers<void>();
    const attempt = () => {
      sent.resolve();
      return new Promise<never>(() => {});
    };
    const asked = request({ budgets: ["b"] });
    const call = kind === "guardCall" ? wflo.guardCall(asked, attempt) : wflo.guardStream(asked, attempt);
    const ended = call.catch((error: unknown) => error);
    await sent.promise;
    return { ended };
  }

  test.each(["guardCall", "guardStream"] as const)(
    "lets its caller go when its client closes: %s",
    async (kind) => {
      const onEnd = vi.fn<(end: { readonly kind: string }) => void>();
      wflo.on("call-end", onEnd);
      const { ended } = await send(kind);
      await wflo.close();
      expect(await ended).toMatchObject({ message: "What was around the call is over." });
      expect(onEnd.mock.calls.map(([end]) => end.kind)).toEqual(["doubt"]);
    },
  );

  test.each(["guardCall", "guardStream"] as const)(
    "lets its caller go when its run is over: %s",
    async (kind) => {
      const { ended } = await wflo.run({}, () => send(kind));
      expect(await ended).toMatchObject({ message: "What was around the call is over." });
      expect(await onlyCall(wflo)).toMatchObject({ kind: "doubt" });
    },
  );
});

test.each([
  ["no meter", { meter: undefined }],
  ["a meter that reads nothing", { meter: {} }],
  ["no chunks", { chunks: undefined }],
  ["chunks that are no stream", { chunks: ["a", "b"] }],
  ["no value", { value: undefined }],
])("a streamed answer with %s is refused by a sentence, and charged at its hold", async (_, change) => {
  const asked = request({ budgets: ["b"], maxOutputTokens: 50 });
  const attempt = async () => ({ ...streamed(chunksOf("a", "usage")), ...change }) as never;
  await expect(wflo.guardStream(asked, attempt)).rejects.toMatchObject({
    code: "WFLO_INVALID_OPTION",
    message: expect.stringContaining("{ chunks, meter, value }"),
  });
  await wflo.flush();
  const line = await onlyCall(wflo);
  expect(line).toMatchObject({ kind: "doubt", charged: line.held });
});

test("a stream whose wire was cut before it was handed over is charged its hold: what had piled up is not known", async () => {
  const abort = new AbortController();
  const asked = request({
    budgets: ["b"],
    maxOutputTokens: 100_000,
    reasoning: false,
    onAbort: "cancel",
    signal: abort.signal,
  });
  const call = wflo.guardStream(asked, async ({ signal }) => {
    const chunks = new ReadableStream<string>({ pull: (controller) => controller.error(signal.reason) });
    abort.abort(new Error("the user left"));
    return streamed(chunks);
  });
  await expect(call).rejects.toThrow("the user left");
  const line = await onlyCall(wflo);
  expect(line).toMatchObject({ kind: "estimate", charged: line.held });
});

test("an `over` that throws is told in the log, and ends nothing", async () => {
  const error = vi.fn<(message: string) => void>();
  const logging = createWflo({ logger: { warn: () => {}, error } });
  const over = () => {
    throw new Error("a fault of the caller");
  };
  const stream = await logging.guardStream(request(), async () => ({
    ...streamed(chunksOf("a", "usage")),
    over,
  }));
  expect((await readAll(stream)).error).toBeUndefined();
  await vi.waitFor(() => expect(error).toHaveBeenCalledTimes(1));
  await logging.close();
});
