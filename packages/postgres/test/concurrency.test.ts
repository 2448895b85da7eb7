import type { Database } from "@wflo/core";
import { afterEach, expect, test } from "vitest";
import { asks, bills, newId, puts, saves, starts } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();

/** Backends report when they end, so every connection is closed first. */
async function deadlocks(): Promise<number> {
  await files.closeAll();
  const [row] = await files.query(
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  return Number(row?.["deadlocks"]);
}

async function checkBooks(): Promise<void> {
  expect(await deadlocks()).toBe(0);
  expect(await files.open().ledger.reconcile("t")).toEqual([]);
}

afterEach(checkBooks);

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;

test("never passes the cap with 32 connections racing to the end of a budget", async () => {
  const databases = [files.open({ max: 16 }), files.open({ max: 16 })];
  const { ledger } = databases[0] as Database;
  await ledger.setBudget("t", {
    id: "race",
    caps: { total: 10_000n, day: 9_000n },
    onExpiry: "charge",
    warnAt: [],
  });
  let granted = 0n;
  let worst = 0n;
  const worker = async (index: number): Promise<void> => {
    const mine = (databases[index % 2] as Database).ledger;
    for (let refusals = 0; refusals < 3;) {
      const call = asks(["race"], BigInt(1 + Math.floor(Math.random() * 90)));
      const verdict = await mine.reserve(call);
      if (verdict.code !== "granted") {
        refusals += 1;
        continue;
      }
      for (const window of verdict.windows) {
        const used = window.spentNanoUsd + window.reservedNanoUsd - window.capNanoUsd;
        if (used > worst) worst = used;
      }
      const cost = BigInt(Math.floor(Math.random() * Number(verdict.amountNanoUsd + 1n)));
      granted += cost;
      await mine.settle("t", [bills(call.callId, cost)]);
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, index) => worker(index)));
  expect(worst).toBe(0n);
  const [state] = await ledger.getBudgets("t", ["race"]);
  expect(state?.windows.map((window) => [window.spentNanoUsd, window.reservedNanoUsd])).toEqual([
    [granted, 0n],
    [granted, 0n],
  ]);
  expect(granted).toBeGreaterThan(8_000n);
});

test(
  "never deadlocks: overlapping budgets, sweeper, corrections, caps, claims and steps at once",
  { timeout: 120_000 },
  async () => {
    const databases = Array.from({ length: 4 }, () => files.open({ max: 8 }));
    const ids = ["user/4", "user/4-2", "run/é", "a", "z", "user/4/day"];
    const { ledger, runs } = databases[0] as Database;
    const set = (id: string): Promise<unknown> =>
      ledger.setBudget("t", {
        id,
        caps: { total: BigInt(100_000 + Math.floor(Math.random() * 100_000)), day: 90_000n, month: 95_000n },
        onExpiry: pick(["charge", "release"] as const),
        warnAt: [],
      });
    for (const id of ids) await set(id);
    const runId = newId();
    await runs.create("t", starts(runId));
    const until = Date.now() + 8_000;
    const recent: string[] = [];
    const codes = new Map<string, number>();
    const count = (code: string): void => void codes.set(code, (codes.get(code) ?? 0) + 1);
    const caller = async (index: number): Promise<void> => {
      const database = databases[index % 4] as Database;
      while (Date.now() < until) {
        const budgetIds = ids.filter(() => Math.random() < 0.4).sort(() => Math.random() - 0.5);
        const run =
          Math.random() < 0.3 ? { epoch: 1_000_000, label: { runId, provider: "p", model: "m" } } : {};
        const call = asks(budgetIds, BigInt(Math.floor(Math.random() * 500)), {
          isNew: true,
          ttlMs: pick([0, 60_000]),
          ...run,
        });
        const replaces = Math.random() < 0.1 ? pick(recent) : undefined;
        count((await database.ledger.reserve({ ...call, replaces })).code);
        recent.push(call.callId);
        if (recent.length > 40) recent.shift();
        if (Math.random() < 0.7) {
          const batch = [call.callId, ...recent.filter(() => Math.random() < 0.1)].sort(
            () => Math.random() - 0.5,
          );
          const settles = batch.map((id) => bills(id, BigInt(Math.floor(Math.random() * 600))));
          const settled =
            Math.random() < 0.3
              ? (await database.commitStep(saves(runId, { path: pick(["s", "t"]), settlements: settles })))
                  .settled
              : await database.ledger.settle("t", settles);
          for (const { code } of settled) count(code);
        }
      }
    };
    const chores: ((database: Database) => Promise<unknown>)[] = [
      (database) => database.ledger.expire(50),
      (database) => database.ledger.expire(50),
      () => set(pick(ids)),
      (database) => database.ledger.raiseCap("t", pick(ids), pick(["day", "total"] as const), 190_000n),
      (database) =>
        database.ledger.renew(
          "t",
          [...recent].sort(() => Math.random() - 0.5),
          30_000,
        ),
      (database) =>
        database.ledger.correct("t", {
          callId: pick(recent) ?? newId(),
          correctionId: newId(),
          costNanoUsd: 7n,
          receipt: {},
        }),
      (database) => database.runs.claim("t", runId, { takeOver: true }),
      (database) => database.runs.heartbeat("t", runId, 1),
      (database) =>
        database.checkpoints.put({ ...puts("storm", newId()), fence: { runId, epoch: 1_000_000 } }),
      (database) => database.checkpoints.put(puts("storm", newId())),
      (database) => database.checkpoints.deleteThread("t", "storm"),
      (database) =>
        database.runs.create("t", { ...starts(newId()), ownBudget: { id: pick(ids), totalNanoUsd: 1n } }),
    ];
    const chore = async (work: (database: Database) => Promise<unknown>): Promise<void> => {
      while (Date.now() < until) {
        await work(pick(databases));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      }
    };
    await Promise.all([...Array.from({ length: 24 }, (_, index) => caller(index)), ...chores.map(chore)]);
    // It was a storm only if everything happened in it.
    expect([...codes.keys()]).toEqual(expect.arrayContaining(["granted", "settled", "late", "conflict"]));
  },
);

test("opens a new day's windows once when many calls arrive first", async () => {
  const databases = Array.from({ length: 4 }, () => files.open({ max: 8 }));
  const { ledger } = databases[0] as Database;
  for (let round = 0; round < 10; round += 1) {
    const ids = [`first/${round}/b`, `first/${round}/a`];
    for (const id of ids)
      await ledger.setBudget("t", { id, caps: { total: 100n, day: 50n }, onExpiry: "charge", warnAt: [] });
    const verdicts = await Promise.all([
      ...Array.from({ length: 32 }, (_, index) =>
        pick(databases).ledger.reserve(asks(index % 2 === 0 ? ids : ids.slice(0, 1), 5n)),
      ),
      ledger.setBudget("t", {
        id: ids[0] as string,
        caps: { total: 100n, day: 20n },
        onExpiry: "charge",
        warnAt: [],
      }),
    ]);
    const [state] = await ledger.getBudgets("t", ids.slice(0, 1));
    const day = state?.windows.find((window) => window.window === "day");
    expect(day?.capNanoUsd).toBe(20n);
    expect(verdicts.length).toBe(33);
  }
});

test("gives one hold to twenty reserves of one id, and none to an id that was settled meanwhile", async () => {
  const databases = Array.from({ length: 4 }, () => files.open({ max: 8 }));
  const { ledger } = databases[0] as Database;
  await ledger.setBudget("t", { id: "same", caps: { total: 1_000_000n }, onExpiry: "charge", warnAt: [] });
  for (let round = 0; round < 30; round += 1) {
    const call = asks(["same"], 10n);
    const replaying = Array.from({ length: 20 }, () => pick(databases).ledger.reserve(call));
    const settling = Array.from({ length: 3 }, () =>
      pick(databases).ledger.settle("t", [bills(call.callId, 4n)]),
    );
    const codes = (await Promise.all(replaying)).map(({ code }) => code);
    await Promise.all(settling);
    expect(codes.filter((code) => code === "granted")).toHaveLength(1);
    await ledger.settle("t", [bills(call.callId, 4n)]);
    const entries = await ledger.listEntries("t", { callId: call.callId, limit: 10 });
    expect(entries.map((entry) => entry.chargedNanoUsd)).toEqual([4n]);
  }
  expect((await ledger.getBudgets("t", ["same"]))[0]?.windows[0]).toMatchObject({
    spentNanoUsd: 120n,
    reservedNanoUsd: 0n,
  });
});

test("leaves no hold of an old epoch behind when a claim and reserves race", async () => {
  const databases = Array.from({ length: 4 }, () => files.open({ max: 8 }));
  const { ledger, runs } = databases[0] as Database;
  await ledger.setBudget("t", { id: "epoch", caps: { total: 1_000_000n }, onExpiry: "charge", warnAt: [] });
  for (let round = 0; round < 20; round += 1) {
    const runId = newId();
    await runs.create("t", starts(runId, { budgetIds: ["epoch"] }));
    const label = { runId, provider: "p", model: "m" };
    const reserves = Array.from({ length: 16 }, () =>
      pick(databases).ledger.reserve(asks(["epoch"], 1n, { epoch: 1, label })),
    );
    const claim = await pick(databases).runs.claim("t", runId, { takeOver: true });
    await Promise.all(reserves);
    expect(claim).toMatchObject({ code: "claimed", run: { epoch: 2 } });
    expect(await files.query("select 1 from wflo.hold where run_id = $1", [runId])).toEqual([]);
    expect((await ledger.reserve(asks(["epoch"], 1n, { epoch: 1, label }))).code).toBe("superseded");
    expect((await ledger.reserve(asks(["epoch"], 1n, { epoch: 2, label }))).code).toBe("granted");
  }
});
