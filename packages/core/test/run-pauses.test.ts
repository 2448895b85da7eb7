import { createWflo, type Database, memoryDatabase, type Wflo } from "@wflo/core";
import { fakeClock, type FakeClock } from "@wflo/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import { answer, pause, request } from "./support/model.ts";

let database: Database;
let clock: FakeClock;
let wflo: Wflo;
beforeEach(() => {
  // Outlives the clients on it.
  database = { ...memoryDatabase(), close: async () => {} };
  clock = fakeClock();
  wflo = createWflo({ database, clock, logger: false });
});
const stateOf = async () => {
  const [run] = await createWflo({ database }).runs.list();
  const steps = (await database.runs.steps("default", run?.id ?? "")).map(({ path }) => path);
  return { status: run?.status, steps };
};
/** Lets what is ready happen, and what it makes ready. */
const settled = () => pause(20);

/** A run of two parallel steps: one is refused money while the call of the other is open. */
async function refusedBesideCall() {
  const [sent, isRefused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const answered = Promise.withResolvers<void>();
  const abort = new AbortController();
  let isCut = false;
  const slow = () =>
    wflo.guardCall(request({ hold: "0.1" }), async ({ signal }) => {
      signal.addEventListener("abort", () => {
        isCut = true;
        answered.reject(signal.reason as Error);
      });
      sent.resolve();
      await answered.promise;
      return answer("long");
    });
  const refused = async () => {
    await sent.promise;
    return wflo.guardCall(request({ hold: "2" }), async () => answer("never")).finally(isRefused.resolve);
  };
  const ended = wflo
    .run({ budget: "1.00", signal: abort.signal }, (run) =>
      Promise.all([run.step("slow", slow), run.step("refused", refused)]),
    )
    .catch((error: unknown) => error);
  await isRefused.promise;
  await settled();
  return { ended, abort, answered, isCut: () => isCut };
}

describe("while a run that was refused money has an open call in a step,", () => {
  test("it waits for that, however long it takes, so that a resume does not pay for it again", async () => {
    const { ended, answered, isCut } = await refusedBesideCall();
    clock.advance(120_000);
    await settled();
    expect([isCut(), (await stateOf()).status]).toEqual([false, "running"]);
    answered.resolve();
    expect(await ended).toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(await stateOf()).toEqual({ status: "paused", steps: ["slow"] });
  });

  test("but ten minutes", async () => {
    const { ended, isCut } = await refusedBesideCall();
    clock.advance(601_000);
    await ended;
    expect([isCut(), await stateOf()]).toEqual([true, { status: "paused", steps: [] }]);
  });

  test("an abort cuts it as it does while the run goes on", async () => {
    const { ended, abort, isCut } = await refusedBesideCall();
    abort.abort(new Error("enough"));
    await settled();
    clock.advance(16_000);
    await ended;
    expect([isCut(), (await stateOf()).status]).toEqual([true, "paused"]);
  });

  test("the close of its client cuts it", async () => {
    const { isCut } = await refusedBesideCall();
    const closed = wflo.close();
    await settled();
    clock.advance(18_000);
    await closed;
    expect([isCut(), (await stateOf()).status]).toEqual([true, "paused"]);
  });
});
