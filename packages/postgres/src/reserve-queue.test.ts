import type { ReserveRequest } from "@wflo/core";
import { describe, expect, test } from "vitest";
import type { Cell, Driver, Statement } from "./driver.ts";
import { MigratedDriver } from "./migrated-driver.ts";
import { LATEST_MIGRATION } from "./migration-files.ts";
import { ReserveQueue } from "./reserve-queue.ts";

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
const GRANTED = { code: "granted", amount: "1", windows: [WINDOW] };
const HELD = { code: "held", window: WINDOW };

/** A database that answers when it is told to; tells what it was asked. */
class SlowDatabase {
  readonly asked: string[] = [];
  readonly #waiting: (() => void)[] = [];
  refused: readonly string[] = [];
  fails = false;
  barrierFails = false;
  readonly driver: Driver = {
    place: "test",
    barrier: { text: "barrier", params: [] },
    query: (statement) => this.#answer(statement),
    transaction: () => Promise.reject(new Error("no transaction is needed")),
    close: async () => {},
  };
  readonly queue = new ReserveQueue(new MigratedDriver(this.driver));

  /** Answers what waits, and what comes of it, for ever after. */
  async flow(): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1) {
      for (const go of this.#waiting.splice(0)) go();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  async #answer({ text, params }: Statement): Promise<readonly (readonly Cell[])[]> {
    const name = /wflo\.(reserve(?:_many)?)\(/.exec(text)?.[1];
    if (name === undefined && text !== "barrier") return [[String(LATEST_MIGRATION)]];
    const calls = name === "reserve_many" ? (params[1] as string[]) : [String(params[1])];
    this.asked.push(
      name === undefined ? text : `${name} ${name === "reserve_many" ? calls.length : ""}`.trim(),
    );
    if (text === "barrier") {
      if (this.barrierFails) throw Object.assign(new Error("denied"), { code: "42501" });
      return [];
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.fails) throw Object.assign(new Error("gone"), { code: "ECONNRESET" });
    const isRefused = (id: string) => this.refused.includes(id);
    if (name === "reserve_many")
      return [
        [JSON.stringify({ grants: calls.map((id) => (isRefused(id) ? null : "1")), windows: [WINDOW] })],
      ];
    return [[JSON.stringify(isRefused(calls[0] ?? "") ? HELD : GRANTED)]];
  }
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

describe("reserves of one process", () => {
  test("a call alone goes at once as a plain call; those that come meanwhile go together, and wait for the disk once", async () => {
    const database = new SlowDatabase();
    const answers = Array.from({ length: 5 }, () => database.queue.reserve(request()));
    await database.flow();
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual(
      Array.from({ length: 5 }, () => "granted"),
    );
    // The first barrier is a probe.
    expect(database.asked).toEqual(["reserve", "barrier", "reserve_many 4", "barrier"]);
    const later = database.queue.reserve(request());
    await database.flow();
    await later;
    // Others are likely to wait for the same rows still; after that it is alone again.
    expect(database.asked.slice(4)).toEqual(["reserve_many 1", "barrier"]);
    const last = database.queue.reserve(request());
    await database.flow();
    expect((await last).code).toBe("granted");
    expect(database.asked.at(-1)).toBe("reserve");
  });

  test("what a batch does not grant is asked for alone, and hurts no other", async () => {
    const database = new SlowDatabase();
    const calls = Array.from({ length: 4 }, () => request());
    database.refused = [calls[2]?.callId ?? ""];
    const answers = calls.map((call) => database.queue.reserve(call));
    await database.flow();
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual([
      "granted",
      "granted",
      "held",
      "granted",
    ]);
    expect(database.asked).toEqual(["reserve", "barrier", "reserve_many 3", "barrier", "reserve"]);
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
    const answers = calls.map((call) => database.queue.reserve(call));
    await database.flow();
    await Promise.all(answers);
    expect(database.asked).toEqual(Array.from({ length: 5 }, () => "reserve"));
  });

  test("where the server forbids the barrier, commits wait for the disk themselves", async () => {
    const database = new SlowDatabase();
    database.barrierFails = true;
    const answers = Array.from({ length: 3 }, () => database.queue.reserve(request()));
    await database.flow();
    await Promise.all(answers);
    expect(database.asked).toEqual(["reserve", "barrier", "reserve_many 2"]);
  });

  test("a connection that is lost fails all that were on it, and none is sent a second time", async () => {
    const database = new SlowDatabase();
    database.fails = true;
    const answers = Array.from({ length: 3 }, () =>
      database.queue.reserve(request()).catch((error: Error) => error),
    );
    await database.flow();
    expect((await Promise.all(answers)).map((answer) => (answer as { code?: string }).code)).toEqual(
      Array.from({ length: 3 }, () => "WFLO_STORE_UNAVAILABLE"),
    );
    expect(database.asked.filter((asked) => asked.startsWith("reserve"))).toEqual([
      "reserve",
      "reserve_many 2",
    ]);
  });

  test("no more than 10,000 wait: a further one is refused at once", async () => {
    const database = new SlowDatabase();
    const answers = Array.from({ length: 10_002 }, () =>
      database.queue.reserve(request()).catch((error: Error) => error),
    );
    expect((await answers.at(-1)) as Error).toMatchObject({ code: "WFLO_STORE_UNAVAILABLE" });
    void database.flow();
  });
});
