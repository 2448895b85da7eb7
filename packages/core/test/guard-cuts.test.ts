import {
  BudgetExceededError,
  BudgetPausedError,
  createWflo,
  HoldExceededError,
  memoryDatabase,
  type Database,
  type GuardRequest,
  type Outcome,
  type StreamMeter,
  type Wflo,
} from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pause, request } from "./support/model.ts";
import { readAll } from "./support/streams.ts";

let database: Database;
let wflo: Wflo;
let ids = 0;
let budget: string;
beforeEach(async () => {
  database = memoryDatabase();
  wflo = createWflo({ database, logger: false, waitMs: 200, drainMs: 2_000 });
  budget = `b${(ids += 1)}`;
  await wflo.budgets.set({ id: budget, caps: { total: "10.00" } });
});
afterEach(() => wflo.close());

/** Each chunk is one piece of the answer's text, "usage" its bill: 10 tokens in, one for each chunk out. */
function meter({ isHidden = false } = {}): StreamMeter<string> {
  const output = { bytes: 0, pieces: 0 };
  let outcome: Outcome | undefined;
  return {
    read(chunk) {
      if (chunk === "usage") {
        outcome = { kind: "answered", usage: { inputTokens: 10, outputTokens: output.pieces } };
        return [];
      }
      output.bytes += chunk.length;
      output.pieces += 1;
      return [chunk];
    },
    flush: () => [],
    output: () => (isHidden ? undefined : { ...output }),
    truncate: () => ["[cut short]"],
    outcome: () => outcome ?? { kind: "cut", reason: "broke off" },
  };
}

interface Told {
  /** How many chunks the provider has made. */
  made: number;
}

interface StreamOptions {
  readonly chunks?: number;
  readonly everyMs?: number;
  readonly text?: string;
  readonly isHidden?: boolean;
  /** The wire breaks instead of coming to its end. */
  readonly breaks?: boolean;
  readonly change?: Partial<GuardRequest>;
}

/** A stream of `chunks` words, one every few milliseconds; its wire is cut as a network is. */
async function open({
  chunks = 200,
  everyMs = 2,
  text = "word ",
  isHidden = false,
  breaks = false,
  change = {},
}: StreamOptions = {}) {
  const told: Told = { made: 0 };
  const asked = request({ budgets: [budget], maxOutputTokens: 1_000, reasoning: false, ...change });
  const stream = await wflo.guardStream(asked, async ({ signal }) => ({
    chunks: new ReadableStream<string>({
      async pull(controller) {
        if (everyMs > 0) await pause(everyMs);
        if (signal.aborted) return controller.error(signal.reason);
        if (told.made === chunks && breaks) return controller.error(new Error("reset"));
        if (told.made === chunks) {
          controller.enqueue("usage");
          return controller.close();
        }
        told.made += 1;
        controller.enqueue(text);
      },
    }),
    meter: meter({ isHidden }),
    value: (metered: ReadableStream<string>) => metered,
  }));
  return { stream, told };
}

async function bookOf(id = budget) {
  await wflo.flush();
  const window = (await wflo.budgets.get(id))?.windows[0];
  expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
  return window;
}

describe("an open stream", () => {
  test("of a budget that is paused is cut with the refusal, after what had come; nothing is held afterwards", async () => {
    const { stream, told } = await open();
    const reading = readAll(stream);
    await expect.poll(() => told.made, { interval: 2 }).toBeGreaterThan(4);
    await wflo.budgets.pause(budget);
    const { pieces, error } = await reading;
    expect(error).toBeInstanceOf(BudgetPausedError);
    expect(pieces.length).toBeGreaterThan(2);
    expect(told.made).toBeLessThan(60);
    expect((await bookOf())?.reserved).toBe("0.00");
    expect((await wflo.calls.list({ budgetId: budget })).map(({ kind }) => kind)).toEqual(["estimate"]);
  });

  test("of a budget whose cap is lowered below what is held is cut; one that is still covered goes on", async () => {
    const elder = await open();
    await pause(5);
    const younger = await open();
    const reading = Promise.all([readAll(elder.stream), readAll(younger.stream)]);
    await pause(20);
    const held = (await wflo.budgets.get(budget))?.windows[0]?.reserved;
    expect(held).toBe("0.018068");
    await wflo.budgets.set({ id: budget, caps: { total: "0.01" } });
    const [whole, cut] = await reading;
    expect([whole.error, whole.pieces.length]).toEqual([undefined, 200]);
    expect(cut.error).toBeInstanceOf(BudgetExceededError);
    expect((await bookOf())?.reserved).toBe("0.00");
  });

  test("goes on when a cap is lowered and still covers everything, and when it is raised", async () => {
    const { stream } = await open({ chunks: 40 });
    await wflo.budgets.set({ id: budget, caps: { total: "0.02" } });
    await wflo.budgets.set({ id: budget, caps: { total: "30.00" } });
    expect((await readAll(stream)).pieces).toHaveLength(40);
  });

  test("is cut by a pause in another process within two seconds", async () => {
    const other = createWflo({ database, logger: false });
    const { stream } = await open({ chunks: 2_000 });
    const reading = readAll(stream);
    await other.budgets.pause(budget);
    const { pieces, error } = await reading;
    expect(error).toBeInstanceOf(BudgetPausedError);
    expect(pieces.length).toBeLessThan(1_000);
  });

  test("that grows past its hold is cut before it costs much more", async () => {
    // $0.001 pays for 125 tokens of output at $8 a million.
    const { stream, told } = await open({ chunks: 2_000, everyMs: 0, change: { hold: "0.001" } });
    const { pieces, error } = await readAll(stream);
    expect(error).toBeInstanceOf(HoldExceededError);
    expect(String(error)).toContain("grew past the $0.001 held for it");
    expect(pieces).toHaveLength(126);
    const [line] = await wflo.calls.list({ budgetId: budget });
    expect(Number(line?.charged)).toBeGreaterThan(told.made * 8e-6);
    expect(await bookOf()).toMatchObject({ reserved: "0.00", overrun: expect.not.stringMatching(/^0\.00$/) });
    expect(told.made).toBeLessThan(130);
  });

  test("within its hold is never cut, however its pieces are sent", async () => {
    const letters = await open({ chunks: 900, everyMs: 0, text: "a" });
    expect((await readAll(letters.stream)).error).toBeUndefined();
    const long = await open({ chunks: 900, everyMs: 0, text: "incomprehensibilities" });
    expect((await readAll(long.stream)).error).toBeUndefined();
  });

  test("that grows past its hold in a few large pieces is cut as well", async () => {
    const { stream, told } = await open({ everyMs: 0, text: "word ".repeat(400), change: { hold: "0.001" } });
    const { pieces, error } = await readAll(stream);
    expect(error).toBeInstanceOf(HoldExceededError);
    expect(pieces).toHaveLength(5);
    expect(told.made).toBeLessThan(8);
    expect(Number((await wflo.calls.list())[0]?.charged)).toBeGreaterThan(told.made * 400 * 8e-6);
  });

  test("on no budget is not cut by its hold", async () => {
    const { stream } = await open({ everyMs: 0, change: { hold: "0.0001", budgets: [] } });
    expect((await readAll(stream)).pieces).toHaveLength(200);
  });

  test("ends as one that came to its output cap where truncation was asked for", async () => {
    const { stream } = await open({ change: { onCut: "truncate" } });
    const reading = readAll(stream);
    await pause(30);
    await wflo.budgets.pause(budget);
    const { pieces, error } = await reading;
    expect([error, pieces.at(-1)]).toEqual([undefined, "[cut short]"]);
    expect((await bookOf())?.reserved).toBe("0.00");
  });

  test("hands on what had come before the cut to a reader who is behind, then the refusal", async () => {
    const { stream, told } = await open({ chunks: 100, everyMs: 1 });
    await pause(40);
    await wflo.budgets.pause(budget);
    const { pieces, error } = await readAll(stream);
    expect(error).toBeInstanceOf(BudgetPausedError);
    expect(pieces.length).toBeGreaterThan(3);
    expect(told.made - pieces.length).toBeLessThan(3);
  });

  test("of a wire that does not end when it is cut lets its reader go all the same", async () => {
    const stream = await wflo.guardStream(request({ budgets: [budget], maxOutputTokens: 100 }), async () => ({
      chunks: new ReadableStream<string>({ start: (controller) => controller.enqueue("a") }),
      meter: meter(),
      value: (metered: ReadableStream<string>) => metered,
    }));
    const reading = readAll(stream);
    await pause(10);
    await wflo.budgets.pause(budget);
    expect((await reading).error).toBeInstanceOf(BudgetPausedError);
    expect((await bookOf())?.reserved).toBe("0.00");
  });
});

test("on a host that freezes, the refusal comes when the ledger has the charge", async () => {
  await wflo.close();
  database = memoryDatabase();
  const ledger = Object.create(database.ledger) as Database["ledger"];
  let settled = 0;
  ledger.settle = async (...args) => {
    await pause(50);
    settled += 1;
    return database.ledger.settle(...args);
  };
  wflo = createWflo({ database: { ...database, ledger }, logger: false, settle: "await" });
  await wflo.budgets.set({ id: budget, caps: { total: "10.00" } });
  const { stream } = await open();
  const reading = readAll(stream);
  await pause(20);
  await wflo.budgets.pause(budget);
  expect([(await reading).error instanceof BudgetPausedError, settled]).toEqual([true, 1]);
});

describe("a stream that is broken off with cancel is charged", () => {
  async function breakOff(options: StreamOptions, afterMs: number) {
    const { stream, told } = await open({
      ...options,
      change: { onAbort: "cancel", maxOutputTokens: 100_000, ...options.change },
    });
    const reader = stream.getReader();
    await pause(afterMs);
    await reader.cancel();
    for (;;) {
      const [line] = await wflo.calls.list({ budgetId: budget });
      if (line) return { line, told };
      await pause(10);
    }
  }

  test("by what was visible and may have been on its way: not below what was made, far below its hold", async () => {
    const { line, told } = await breakOff({ chunks: 2_000 }, 800);
    const made = told.made * 8e-6;
    expect(line).toMatchObject({ kind: "estimate", held: "0.263178" });
    expect(Number(line?.charged)).toBeGreaterThan(made);
    expect(Number(line?.charged)).toBeLessThan(0.1);
  });

  test("at its hold where the model thinks, or it is not known whether it does", async () => {
    const thinks = await breakOff({ change: { reasoning: true } }, 30);
    expect(thinks.line?.charged).toBe(thinks.line?.held);
    budget = `b${(ids += 1)}`;
    await wflo.budgets.set({ id: budget, caps: { total: "10.00" } });
    const unknown = await breakOff({ change: { reasoning: undefined } }, 30);
    expect(unknown.line?.charged).toBe(unknown.line?.held);
  });

  test("at its hold where output is billed that is not shown", async () => {
    const { line } = await breakOff({ isHidden: true }, 30);
    expect(line?.charged).toBe(line?.held);
  });

  test("at its hold where its reader had held it up", async () => {
    const { line } = await breakOff({ chunks: 5_000, everyMs: 0 }, 60);
    expect(line?.charged).toBe(line?.held);
  });
});

test.each(["wordword ", "a", "привет "])(
  "an answer of pieces like %j that breaks off within its cap is never charged above its hold",
  async (text) => {
    const { stream } = await open({
      chunks: 95,
      everyMs: 0,
      text,
      breaks: true,
      change: { maxOutputTokens: 100 },
    });
    expect((await readAll(stream)).pieces).toHaveLength(95);
    await wflo.flush();
    const [line] = await wflo.calls.list({ budgetId: budget });
    expect(line).toMatchObject({ kind: "estimate", charged: line?.held });
  },
);
