import { BudgetPausedError, createWflo, memoryDatabase, StoreUnavailableError, type Wflo } from "@wflo/core";
import { fakeClock, type FakeClock } from "@wflo/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { request } from "./support/model.ts";
import { readAll, streamed } from "./support/streams.ts";

let clock: FakeClock;
let wflo: Wflo;
let hanging: number;
let looks: number;
const onTrouble = vi.fn<(trouble: { readonly error: unknown }) => void>();
beforeEach(async () => {
  clock = fakeClock();
  hanging = 0;
  looks = 0;
  onTrouble.mockReset();
  const database = memoryDatabase();
  const ledger = Object.create(database.ledger) as typeof database.ledger;
  ledger.getBudgets = (...asked) => {
    looks += 1;
    return hanging-- > 0 ? new Promise(() => {}) : database.ledger.getBudgets(...asked);
  };
  wflo = createWflo({ database: { ...database, ledger }, logger: false, clock, settle: "background" });
  wflo.on("trouble", onTrouble);
  await wflo.budgets.set({ id: "b", caps: { total: "10.00" } });
});
afterEach(() => wflo.close());

/** A stream that says one word and no more. */
async function open(): Promise<ReadableStream<string>> {
  const chunks = new ReadableStream<string>({ start: (controller) => controller.enqueue("a") });
  return wflo.guardStream(request({ budgets: ["b"], maxOutputTokens: 100 }), async () => streamed(chunks));
}

/** Opens a stream, and lets the look of the next second hang. */
async function openAndHang(): Promise<ReadableStream<string>> {
  const stream = await open();
  hanging = 1;
  const before = looks;
  clock.advance(1_000);
  await vi.waitFor(() => expect(looks).toBeGreaterThan(before));
  return stream;
}

test("a pause waits five seconds for a look that the database does not answer, tells it, and looks again", async () => {
  const reading = readAll(await openAndHang());
  const paused = wflo.budgets.pause("b");
  await vi.waitFor(async () => expect((await wflo.budgets.get("b"))?.paused).toBe(true));
  expect(onTrouble).not.toHaveBeenCalled();
  clock.advance(5_000);
  await paused;
  expect((await reading).error).toBeInstanceOf(BudgetPausedError);
  expect(onTrouble.mock.calls.map(([{ error }]) => error instanceof StoreUnavailableError)).toEqual([true]);
});

test("a look that is never answered does not end the looking", async () => {
  const reading = readAll(await openAndHang());
  clock.advance(5_000);
  await vi.waitFor(() => expect(onTrouble).toHaveBeenCalledTimes(1));
  const before = looks;
  clock.advance(1_000);
  await vi.waitFor(() => expect(looks).toBeGreaterThan(before));
  await wflo.budgets.pause("b");
  expect((await reading).error).toBeInstanceOf(BudgetPausedError);
});
