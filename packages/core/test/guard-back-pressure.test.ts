import { createWflo } from "@wflo/core";
import { fakeClock } from "@wflo/testkit";
import { expect, test, vi } from "vitest";
import { pause, request } from "./support/model.ts";
import { streamed } from "./support/streams.ts";

/** Longer than a reader may take nothing before it is not waited for. Milliseconds. */
const IDLE_MS = 31_000;

test("a reader who was idle for a while, and was not waited for, sets the pace again once it takes more", async () => {
  const clock = fakeClock();
  const wflo = createWflo({ logger: false, clock, settle: "background" });
  let made = 0;
  const endless = new ReadableStream<string>({
    async pull(controller) {
      if (made % 100 === 0) await pause(0);
      made += 1;
      controller.enqueue("a");
    },
  });
  const stream = await wflo.guardStream(request({ maxOutputTokens: 100 }), async () => streamed(endless));
  const reader = stream.getReader();
  /** Resolves with how much was made when no more is. */
  const standstill = () =>
    vi.waitFor(async () => {
      const before = made;
      await pause(20);
      expect(made).toBe(before);
      return made;
    }, 5_000);
  const ahead = await standstill();

  clock.advance(IDLE_MS);
  await vi.waitFor(() => expect(made).toBeGreaterThan(ahead + 1_000));
  await reader.read();
  const piledUp = await standstill();
  for (let taken = 0; taken < piledUp; taken++) await reader.read();
  expect(await standstill()).toBeGreaterThan(piledUp);

  clock.advance(IDLE_MS);
  await vi.waitFor(() => expect(made).toBeGreaterThan(piledUp + 3_000));
  await reader.cancel();
  clock.advance(60_000);
  await wflo.close();
});
