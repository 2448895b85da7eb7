import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";
import { failureOf, readAll } from "./adapter-reading.ts";

const SILENT = { neverAnswer: true, outputTokens: 40 };
/** One attempt fits into the budget, a second one does not. */
const SETUP = { timeoutMs: 200, maxRetries: 1, hold: "0.60" };
const BUDGET = "1.00";
/** With time for the framework's own pause before it tries again (LangChain's is up to two seconds); less than the patience. */
const SOON_MS = 3_500;
/** The usual drain, and more patience than the case has. */
const PATIENT = { drainMs: undefined, waitMs: 5_000 };

/** The framework's own time-out, which is nobody's wish to stop: it may try again. */
export const adapterTimeoutsCases: readonly AdapterCase[] = [
  adapterCase(
    "does not make the framework's own retry wait for what a timed-out request held",
    async (desk) => {
      await desk.answers(SILENT);
      await desk.budget(BUDGET);
      const adapter = await desk.adapterWith("timeoutMs", SETUP);
      await expectSoonInDoubt(desk, () => adapter.text("Hi"));
    },
    PATIENT,
  ),
  adapterCase(
    "does not make the framework's own retry wait for what a timed-out stream held",
    async (desk) => {
      await desk.answers(SILENT);
      await desk.budget(BUDGET);
      const stream = await desk.streaming(SETUP, "timeoutMs");
      await expectSoonInDoubt(desk, () => stream("Hi").then(readAll));
    },
    PATIENT,
  ),
];

async function expectSoonInDoubt(desk: AdapterDesk, call: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  await failureOf(call());
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
  const lines = await desk.lines(1);
  expect(lines).toMatchObject([{ kind: "doubt", inDoubt: true, charged: SETUP.hold }]);
  expect(await desk.window()).toMatchObject({ spent: SETUP.hold, reserved: "0.00" });
  expect(desk.simulator.requests).toHaveLength(1);
}
