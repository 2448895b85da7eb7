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
            for (let n = 0; n < microtasks; n++) await undefined;
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
