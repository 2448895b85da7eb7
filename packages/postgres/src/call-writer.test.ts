import type { ReserveRequest, Settlement } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { CallWriter } from "./call-writer.ts";
import type { Cell, Driver, Statement } from "./driver.ts";
import { MigratedDriver } from "./migrated-driver.ts";
import { LATEST_MIGRATION } from "./migrations.ts";

const WINDOW = {
  budgetId: "b",
  window: "total",
  startsAt: null,
  resetsAt: null,
  cap: "100",
  spent: "0",
  reserved: "1",
  overrun: "0",
};
/** Cap, spent, reserved and overrun of the window, as one column. */
const NUMBERS = [WINDOW.cap, WINDOW.spent, WINDOW.reserved, WINDOW.overrun];
const GRANTED = { code: "granted", amount: "1", windows: [WINDOW] };
const HELD = { code: "held", window: WINDOW };

function listOf(text: unknown): readonly string[] {
  return text === "{}" ? [] : String(text).slice(1, -1).split(",");
}

/** A database that answers when it is told to; tells what it was asked. */
class SlowDatabase {
  readonly asked: string[] = [];
  readonly #waiting: (() => void)[] = [];
  refused: readonly string[] = [];
  /** A call that is asked for alone waits for this. */
  lets: Promise<void> | undefined;
  /** Calls without an open hold. */
  unheld: readonly string[] = [];
  fails: string | undefined;
  barrierFails = false;
  /** What it tells of the version of the budget; nothing is foreseen without it. */
  version: string | undefined;
  /** It is not as it was foreseen. */
  isOtherwise = false;
  loseConnection: () => void = () => {};
  /** The code with which it fails what is foreseen. */
  refuses: string | undefined;
  readonly driver: Driver = {
    place: "test",
    barrier: { text: "barrier", params: [] },
    onConnectionLost: (listener) => void (this.loseConnection = listener),
    query: (statement) => this.#answer(statement),
    transaction: () => Promise.reject(new Error("no transaction is needed")),
    close: async () => {},
  };
  readonly writer = new CallWriter(new MigratedDriver(this.driver));

  /** Answers what waits, and what comes of it, for ever after. */
  async flow(): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1) {
      for (const go of this.#waiting.splice(0)) go();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  async #answer({ text, params }: Statement): Promise<readonly (readonly Cell[])[]> {
    const name = /wflo\.(settle_and_reserve(?:_foreseen)?(?:_early)?|reserve|settle)\(/.exec(text)?.[1];
    if (name === undefined && text !== "barrier") return [[String(LATEST_MIGRATION)]];
    if (name?.startsWith("settle_and_reserve_foreseen") === true) return this.#foreseen(name, params);
    const asked = (at: number): Record<string, string>[] =>
      name?.startsWith("settle") === true ? JSON.parse((params[at] as string | undefined) ?? "[]") : [];
    const calls =
      name?.startsWith("settle_and") === true ? asked(3).map(({ call }) => call ?? "") : [String(params[1])];
    const settled = asked(1).map(({ call_id: id }) => (id ?? "").toLowerCase());
    const size = name?.startsWith("settle_and") === true ? ` ${settled.length}+${calls.length}` : "";
    this.asked.push(`${name ?? text}${size}`);
    if (text === "barrier") {
      if (this.barrierFails) throw Object.assign(new Error("denied"), { code: "42501" });
      return [];
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (name === "reserve" && this.refused.includes(calls[0] ?? "")) await this.lets;
    if (this.fails !== undefined && (size !== "" || this.fails === "ECONNRESET"))
      throw Object.assign(new Error("gone"), { code: this.fails });
    const codeOf = (id: string, at: number): string => {
      if (this.unheld.includes(id)) return "late";
      return settled.indexOf(id) < at ? "replay" : "settled";
    };
    const verdicts = settled.map((callId, at) => ({
      callId,
      code: codeOf(callId, at),
      charged: "1",
      overrun: "0",
    }));
    if (name === "settle") return [[JSON.stringify(verdicts)]];
    const isRefused = (id: string) => this.refused.includes(id);
    const grants = calls.map((id) => (isRefused(id) ? null : "1"));
    const isWhole =
      new Set(settled).size === settled.length && !settled.some((id) => this.unheld.includes(id));
    // A whole batch answers in an order of its own.
    const closed = isWhole ? settled.toReversed() : [];
    const answer = {
      closed,
      charged: closed.map(() => "1"),
      overruns: closed.map(() => "0"),
      settled: isWhole ? null : verdicts,
      warnings: null,
      grants,
    };
    const versions = this.version === undefined ? undefined : { b: this.version };
    if (size !== "") return [[JSON.stringify({ ...answer, windows: [WINDOW], versions, charging: ["b"] })]];
    return [[JSON.stringify(isRefused(calls[0] ?? "") ? HELD : GRANTED)]];
  }

  async #foreseen(name: string, params: readonly unknown[]): Promise<readonly (readonly Cell[])[]> {
    const [closing, asking] = [listOf(params[1]), listOf(params[4])];
    this.asked.push(`${name} ${closing.length}+${asking.length}`);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.refuses !== undefined) throw Object.assign(new Error("gone"), { code: this.refuses });
    const isNot = this.isOtherwise || [...closing, ...asking].some((id) => this.unheld.includes(id));
    const charged = closing.flatMap(() => ["1"]);
    const overruns = closing.flatMap(() => ["0"]);
    const numbers = [...charged, ...overruns, ...(asking.length > 0 ? NUMBERS : [])];
    return [[isNot ? null : `{${numbers.join(",")}}`, null]];
  }
}

function settlement(callId: string = crypto.randomUUID()): Settlement {
  return { callId, settlementId: crypto.randomUUID(), kind: "settle", costNanoUsd: 1n, receipt: {} };
}

function request(change: Partial<ReserveRequest> = {}): ReserveRequest {
  return {
    tenant: "t",
    callId: crypto.randomUUID(),
    budgetIds: ["b"],
    boundNanoUsd: 1n,
    needNanoUsd: 1n,
    targetNanoUsd: 1n,
    share: 1,
    ttlMs: 1_000,
    label: { provider: "p", model: "m" },
    ...change,
  };
}

describe("the calls of one process", () => {
  test("one alone goes at once as a plain call; those that come meanwhile go together, and wait for the disk once", async () => {
    const database = new SlowDatabase();
    const answers = Array.from({ length: 5 }, () => database.writer.reserve(request()));
    await database.flow();
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual(
      Array.from({ length: 5 }, () => "granted"),
    );
    // The barrier is a probe.
    expect(database.asked).toEqual(["reserve", "barrier", "settle_and_reserve_early 0+4"]);
    const later = database.writer.reserve(request());
    await database.flow();
    await later;
    // Others are likely to wait for the same rows still; after that it is alone again.
    expect(database.asked.slice(3)).toEqual(["settle_and_reserve_early 0+1"]);
    const last = database.writer.reserve(request());
    await database.flow();
    expect((await last).code).toBe("granted");
    expect(database.asked.at(-1)).toBe("reserve");
  });

  test("settles and reserves go together; each gets its own verdicts, also for ids that name no call", async () => {
    const database = new SlowDatabase();
    const lone = settlement();
    const settled = [settlement(), settlement("no call"), settlement()];
    const answers = [
      database.writer.settle("t", [lone]),
      database.writer.reserve(request()),
      database.writer.settle("t", settled),
      database.writer.reserve(request()),
      database.writer.settle("t", []),
    ];
    await database.flow();
    const [first, granted, verdicts, also, none] = await Promise.all(answers);
    // A lone settle keeps no call from going alone.
    expect(database.asked).toEqual(["settle", "reserve", "barrier", "settle_and_reserve_early 2+1"]);
    expect(first).toMatchObject([{ callId: lone.callId, code: "settled" }]);
    expect([granted, also]).toMatchObject([{ code: "granted" }, { code: "granted" }]);
    expect(verdicts).toMatchObject(
      settled.map(({ callId }) => ({ callId, code: callId === "no call" ? "unknown" : "settled" })),
    );
    expect(none).toEqual([]);
  });

  test("where not all had an open hold, each gets the verdict that stands in its place", async () => {
    const database = new SlowDatabase();
    const [closed, late, twice] = [settlement(), settlement(), settlement()];
    database.unheld = [late.callId];
    const answers = [
      database.writer.reserve(request()),
      database.writer.settle("t", [closed, late, settlement("no call"), twice, settlement(twice.callId)]),
      database.writer.settle("t", [settlement()]),
    ] as const;
    await database.flow();
    const [, verdicts, others] = await Promise.all(answers);
    expect(verdicts.map(({ callId, code }) => [callId, code])).toEqual([
      [closed.callId, "settled"],
      [late.callId, "late"],
      ["no call", "unknown"],
      [twice.callId, "settled"],
      [twice.callId, "replay"],
    ]);
    expect(others).toMatchObject([{ code: "settled" }]);
    expect(database.asked).toEqual(["reserve", "barrier", "settle_and_reserve_early 5+0"]);
  });

  test("what a batch does not grant is asked for alone, and hurts no other", async () => {
    const database = new SlowDatabase();
    const calls = Array.from({ length: 4 }, () => request());
    database.refused = [calls[2]?.callId ?? ""];
    const answers = calls.map((call) => database.writer.reserve(call));
    await database.flow();
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual([
      "granted",
      "granted",
      "held",
      "granted",
    ]);
    expect(database.asked).toEqual(["reserve", "barrier", "settle_and_reserve_early 0+3", "reserve"]);
  });

  test("what gives a call up does not overtake it while it is asked for alone, and holds nobody up", async () => {
    const database = new SlowDatabase();
    const [refused, other] = [request(), request()];
    database.refused = [refused.callId];
    const answers = [request(), refused, other].map((call) => database.writer.reserve(call));
    const lets = Promise.withResolvers<void>();
    database.lets = lets.promise;
    await database.flow();
    const voids = [refused, other].map(({ callId }) => database.writer.settle("t", [settlement(callId)]));
    await database.flow();
    await voids[1];
    const asked = ["reserve", "barrier", "settle_and_reserve_early 0+2", "reserve"];
    expect(database.asked).toEqual([...asked, "settle_and_reserve_foreseen_early 1+0"]);
    lets.resolve();
    await database.flow();
    await Promise.all([...answers, ...voids]);
    expect(database.asked).toHaveLength(asked.length + 2);
  });

  test("calls of another tenant, a second one of an id, and one that takes a hold over do not share its statement", async () => {
    const database = new SlowDatabase();
    const same = request();
    const calls = [
      request(),
      same,
      same,
      request({ tenant: "u" }),
      request({ replaces: crypto.randomUUID() }),
    ];
    const answers = calls.map((call) => database.writer.reserve(call));
    await database.flow();
    await Promise.all(answers);
    expect(database.asked).toEqual(Array.from({ length: 5 }, () => "reserve"));
  });

  test("a call is never settled in the statement that reserves it, nor before it", async () => {
    const database = new SlowDatabase();
    const call = request();
    const answers = [
      database.writer.reserve(request()),
      database.writer.reserve(call),
      database.writer.settle("t", [settlement(call.callId.toUpperCase())]),
      database.writer.reserve(request()),
    ];
    await database.flow();
    await Promise.all(answers);
    expect(database.asked).toEqual([
      "reserve",
      "barrier",
      "settle_and_reserve_early 0+2",
      "settle_and_reserve_foreseen_early 1+0",
    ]);
  });

  test("where the server forbids the barrier, commits wait for the disk themselves", async () => {
    const database = new SlowDatabase();
    database.barrierFails = true;
    const answers = Array.from({ length: 3 }, () => database.writer.reserve(request()));
    await database.flow();
    await Promise.all(answers);
    expect(database.asked).toEqual(["reserve", "barrier", "settle_and_reserve 0+2"]);
  });

  test("a connection that is lost fails all that were on it, and none is sent a second time", async () => {
    const database = new SlowDatabase();
    database.fails = "ECONNRESET";
    const failed = (error: Error) => error;
    const answers = [
      database.writer.reserve(request()).catch(failed),
      database.writer.reserve(request()).catch(failed),
      database.writer.settle("t", [settlement()]).catch(failed),
    ];
    await database.flow();
    expect((await Promise.all(answers)).map((answer) => (answer as { code?: string }).code)).toEqual(
      Array.from({ length: 3 }, () => "WFLO_STORE_UNAVAILABLE"),
    );
    expect(database.asked).toEqual(["reserve", "barrier", "settle_and_reserve_early 1+1"]);
  });

  test("a batch that the server refuses and undoes is sent one by one: what one of them is refused for hurts no other", async () => {
    const database = new SlowDatabase();
    database.fails = "22P02";
    const answers = [
      database.writer.reserve(request()),
      database.writer.reserve(request()),
      database.writer.settle("t", [settlement()]),
    ];
    await database.flow();
    expect(await Promise.all(answers)).toMatchObject([
      { code: "granted" },
      { code: "granted" },
      [{ code: "settled" }],
    ]);
    expect(database.asked.slice(2)).toEqual(["settle_and_reserve_early 1+1", "reserve", "settle"]);
  });

  test("no more than 10,000 wait: a further reserve is refused at once; what was paid is settled all the same", async () => {
    const database = new SlowDatabase();
    const answers = Array.from({ length: 10_002 }, () =>
      database.writer.reserve(request()).catch((error: Error) => error),
    );
    expect((await answers.at(-1)) as Error).toMatchObject({ code: "WFLO_STORE_UNAVAILABLE" });
    const settled = database.writer.settle("t", [settlement()]);
    for (let flow = 0; flow < 5; flow += 1) await database.flow();
    expect(await settled).toMatchObject([{ code: "settled" }]);
  });
});

describe("a batch of which all is foreseen", () => {
  /** A database that knows the version of its budget, and has told it; what it is asked after that. */
  async function taught(): Promise<SlowDatabase> {
    const database = new SlowDatabase();
    database.version = "7";
    const answers = [1, 2, 3].map(() => database.writer.reserve(request({ isNew: true })));
    await database.flow();
    await Promise.all(answers);
    expect(database.asked).toEqual(["reserve", "barrier", "settle_and_reserve_early 0+2"]);
    database.asked.length = 0;
    return database;
  }

  function batchOn(database: SlowDatabase, change: Partial<ReserveRequest> = {}) {
    const answers = [
      database.writer.reserve(request({ isNew: true, ...change })),
      database.writer.reserve(request({ isNew: true })),
      database.writer.settle("t", [settlement(), settlement("no call")]),
    ];
    return Promise.all(answers.map((answer) => answer.catch((error: Error) => error)));
  }

  const DONE = [
    {
      code: "granted",
      amountNanoUsd: 1n,
      windows: [{ budgetId: "b", capNanoUsd: 100n, reservedNanoUsd: 1n }],
    },
    { code: "granted" },
    [{ code: "settled", chargedNanoUsd: 1n }, { code: "unknown" }],
  ];

  test("is one statement", async () => {
    const database = await taught();
    database.writer.reserve(request()).catch(() => {});
    const done = batchOn(database);
    await database.flow();
    expect(await done).toMatchObject(DONE);
    expect(database.asked).toEqual(["settle_and_reserve_early 0+1", "settle_and_reserve_foreseen_early 1+2"]);
  });

  test.each([
    ["it is otherwise", (database: SlowDatabase) => void (database.isOtherwise = true)],
    ["the server refuses it", (database: SlowDatabase) => void (database.refuses = "23505")],
  ])("is decided when %s, and its budgets are learned anew", async (_, surprise) => {
    const database = await taught();
    database.writer.reserve(request()).catch(() => {});
    surprise(database);
    const done = batchOn(database);
    await database.flow();
    expect(await done).toMatchObject(DONE);
    database.isOtherwise = false;
    database.refuses = undefined;
    const next = batchOn(database);
    await database.flow();
    expect(await next).toMatchObject(DONE);
    expect(database.asked.slice(1)).toEqual([
      "settle_and_reserve_foreseen_early 1+2",
      "settle_and_reserve_early 1+2",
      "settle_and_reserve_foreseen_early 0+1",
      "settle_and_reserve_foreseen_early 1+1",
    ]);
  });

  test("is not sent a second time when its connection is lost", async () => {
    const database = await taught();
    database.refuses = "ECONNRESET";
    const lost = batchOn(database);
    await database.flow();
    expect((await lost).map((answer) => (answer as { code?: string }).code)).toEqual(
      Array.from({ length: 3 }, () => "WFLO_STORE_UNAVAILABLE"),
    );
    expect(database.asked.filter((name) => name.startsWith("settle_and_reserve_early"))).toEqual([]);
  });

  test("is none once a connection was lost: the server may have been set back, or be another one", async () => {
    const database = await taught();
    database.loseConnection();
    const done = batchOn(database);
    await database.flow();
    expect(await done).toMatchObject(DONE);
    expect(database.asked[0]).toBe("settle_and_reserve_early 0+1");
  });

  test("is tried once by a user who may not call its function", async () => {
    const database = await taught();
    database.refuses = "42501";
    for (const _ of [1, 2, 3]) {
      const done = batchOn(database);
      await database.flow();
      expect(await done).toMatchObject(DONE);
    }
    expect(database.asked.filter((name) => name.includes("foreseen"))).toHaveLength(1);
  });

  const DECIDED = ["settle_and_reserve_early 1+2"];

  test.each<[string, Partial<ReserveRequest>, readonly string[]]>([
    ["may be known already", { isNew: false }, DECIDED],
    ["names other budgets", { budgetIds: ["b", "c"] }, DECIDED],
    // Of 99 that are free; twice as much as is needed must be, for others spend too.
    ["might not get its bound", { boundNanoUsd: 6n }, DECIDED],
    ["is one of many", { share: 48 }, DECIDED],
    ["would get it all the same", { boundNanoUsd: 5n }, ["settle_and_reserve_foreseen_early 1+2"]],
    ["is of another tenant", { tenant: "u" }, ["reserve", "settle_and_reserve_foreseen_early 1+1"]],
  ])("with a call that %s", async (_, change, asked) => {
    const database = await taught();
    database.writer.reserve(request()).catch(() => {});
    const done = batchOn(database, change);
    await database.flow();
    await done;
    expect(database.asked).toEqual(["settle_and_reserve_early 0+1", ...asked]);
  });
});
