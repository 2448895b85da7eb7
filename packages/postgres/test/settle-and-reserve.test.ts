import { randomUUID } from "node:crypto";
import {
  memoryDatabase,
  type LedgerStore,
  type ReserveRequest,
  type Settlement,
  type SettleVerdict,
} from "@wflo/core";
import pg from "pg";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { MigratedDriver } from "../src/migrated-driver.ts";
import { pgDriver } from "../src/pg-driver.ts";
import { argsOfMany, reserveArgs } from "../src/reserve-args.ts";
import { readSettled, type SettledJson } from "../src/read-settled.ts";
import { settlementRows, settlementsJson } from "../src/settlements.ts";
import { postgres } from "../src/postgres.ts";
import { asks, bills } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const TENANT = "many";
const BUDGETS = ["a", "b", "b/child", "free", "paused", "z"];
const ROUNDS = 60;
const CALLS = 24;

interface Answer extends SettledJson {
  readonly grants: readonly (string | null)[] | null;
}

/** A small generator of numbers, the same for a seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
}

/** Shares of which a walk passes many. */
const WARN_AT = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8];

async function setUp(ledger: LedgerStore): Promise<void> {
  const set = (id: string, caps: object, warnAt: readonly number[] = []) =>
    ledger.setBudget(TENANT, { id, caps, onExpiry: id === "z" ? "release" : "charge", warnAt });
  await set("a", { total: 50_000n }, WARN_AT);
  await set("b", { day: 20_000n, month: 90_000n }, WARN_AT);
  await set("b/child", { total: 9_000n });
  await set("free", {});
  await set("paused", { total: 9_000n });
  await set("z", { month: 30_000n });
  await ledger.setPaused(TENANT, "paused", true);
}

beforeAll(async () => {
  await database.open().migrate();
});

test.each([7, 11, 23])(
  "a batch settles and grants what its calls would be, asked for one after the other (seed %i)",
  async (seed) => {
    const random = randomOf(seed);
    const model = memoryDatabase().ledger;
    const store = database.open().ledger;
    const driver = new MigratedDriver(
      pgDriver(new pg.Pool({ connectionString: database.url, max: 1 }), {
        owned: true,
        preparedStatements: false,
      }),
    );
    const tenant = `${TENANT}-${seed}`;
    const of = (ledger: LedgerStore): LedgerStore => ledger;
    for (const ledger of [model, store])
      await setUp(new Proxy(of(ledger), { get: (target, key) => bound(target, key, tenant) }));

    let open: string[] = [];
    let closed: string[] = [];
    let warned = 0;
    let wholes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const cap = 20_000n + BigInt(random(60_000));
      const changed = { id: "a", caps: { total: cap }, onExpiry: "charge", warnAt: WARN_AT } as const;
      if (random(4) === 0) for (const ledger of [model, store]) await ledger.setBudget(tenant, changed);
      const below = { id: "b/child", caps: { total: 9_000n }, onExpiry: "charge", warnAt: [] } as const;
      const parent = [undefined, "a", "b"][random(3)];
      if (random(4) === 0)
        for (const ledger of [model, store]) await ledger.setBudget(tenant, { ...below, parent });
      const settled = open.splice(0, random(open.length + 1));
      const others = random(2) === 0 ? [] : [...closed.slice(0, random(3)), ...settled.slice(0, random(2))];
      const settlements = [...settled, ...others].map((callId): Settlement => ({
        callId: others.length > 0 && random(12) === 0 ? randomUUID() : callId,
        settlementId: randomUUID(),
        kind: random(6) === 0 ? "void" : "settle",
        costNanoUsd: random(9) === 0 ? undefined : BigInt(random(1_500)),
        receipt: { usage: { inputTokens: random(9) } },
      }));
      const taken = new Set(settlements.map(({ callId }) => callId));
      const again = [...open, ...closed].filter((callId) => !taken.has(callId));
      const calls = Array.from({ length: random(CALLS) }, (): ReserveRequest => {
        const need = BigInt(random(900));
        const budgetIds = [...BUDGETS, "missing"].filter(() => random(5) < (random(8) === 0 ? 3 : 1));
        const known = random(10) === 0 ? again[random(again.length)] : undefined;
        return {
          tenant,
          callId: known ?? randomUUID(),
          isNew: known === undefined,
          budgetIds,
          inherited: budgetIds.filter((id) => (id === "a" || id === "b") && random(3) === 0),
          boundNanoUsd: need + BigInt(random(2_000)),
          needNanoUsd: need,
          targetNanoUsd: need + BigInt(random(400)),
          share: 1 + random(12),
          ttlMs: 60_000,
          label: { provider: "p", model: "m" },
        };
      });
      const distinct = [...new Map(calls.map((call) => [call.callId, call])).values()];
      const rows = settlementRows(settlements);
      const args = [tenant, settlementsJson(rows), ...argsOfMany(distinct.map(reserveArgs))];
      const answer = (await driver.call("settle_and_reserve", args)) as Answer;
      const verdicts = readSettled(rows, answer).map(told);
      expect(verdicts).toEqual((await model.settle(tenant, settlements)).map(told));
      warned += verdicts.flatMap(({ warnings }) => warnings).length;
      wholes += answer.settled === null && rows.length > 0 ? 1 : 0;
      const expected: (string | null)[] = [];
      for (const call of distinct) {
        const verdict = await model.reserve(call);
        expected.push(verdict.code === "granted" ? String(verdict.amountNanoUsd) : null);
        if (verdict.code === "granted") open.push(call.callId);
      }
      expect(answer.grants ?? []).toEqual(expected);
      closed = [...settled, ...closed];
      open = [...new Set(open)];
      const [mine, theirs] = await Promise.all(
        [store, model].map((ledger) => ledger.getBudgets(tenant, BUDGETS)),
      );
      expect(mine).toEqual(theirs);
    }
    expect(warned).toBeGreaterThan(10);
    expect(wholes).toBeGreaterThan(5);
    expect(await store.reconcile(tenant)).toEqual([]);
    await driver.close();
  },
);

test("a call that was given up before its reserve came, or whose id is taken, undoes its batch and hurts no other", async () => {
  const { ledger } = database.open();
  const ask = (callId: string): ReserveRequest => ({
    tenant: TENANT,
    callId,
    isNew: true,
    budgetIds: [],
    boundNanoUsd: 1n,
    needNanoUsd: 1n,
    targetNanoUsd: 1n,
    share: 1,
    ttlMs: 60_000,
    label: { provider: "p", model: "m" },
  });
  const [givenUp, taken] = [randomUUID(), randomUUID()];
  const gone = {
    callId: givenUp,
    settlementId: randomUUID(),
    kind: "void",
    costNanoUsd: 0n,
    receipt: {},
  } as const;
  await ledger.settle(TENANT, [gone]);
  await ledger.reserve(ask(taken));
  const verdicts = await Promise.all(
    [randomUUID(), givenUp, taken, randomUUID()].map((callId) => ledger.reserve(ask(callId))),
  );
  expect(verdicts.map(({ code }) => code)).toEqual(["granted", "closed", "replay", "granted"]);
  expect(await ledger.reconcile(TENANT)).toEqual([]);
});

test.each([
  { doubt: 100n, bill: 0n, next: "granted" },
  { doubt: 10n, bill: 100n, next: "exhausted" },
])(
  "a late bill in a batch counts for what is asked after it: $doubt in doubt, $bill billed",
  async (scene) => {
    const { ledger } = database.open();
    const id = `late/${scene.next}`;
    await ledger.setBudget(TENANT, { id, caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
    const call = asks([id], scene.doubt, { tenant: TENANT });
    await ledger.reserve(call);
    await ledger.settle(TENANT, [bills(call.callId, undefined, { kind: "doubt" })]);
    // The first two keep the writer busy: the others share a statement.
    const [, , late, next] = await Promise.all([
      ledger.reserve(asks([], 1n, { tenant: TENANT })),
      ledger.reserve(asks([], 1n, { tenant: TENANT })),
      ledger.settle(TENANT, [bills(call.callId, scene.bill)]),
      ledger.reserve(asks([id], 50n, { tenant: TENANT })),
    ]);
    expect([late[0]?.code, next.code]).toEqual(["late", scene.next]);
  },
);

test("a batch that has waited for its windows changes them as they stand then", async () => {
  const { ledger } = database.open();
  const ids = ["moved/1", "moved/2"];
  for (const id of ids)
    await ledger.setBudget(TENANT, { id, caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
  const call = asks(ids, 10n, { tenant: TENANT });
  await ledger.reserve(call);
  const clients = Array.from({ length: 2 }, () => new pg.Client({ connectionString: database.url }));
  const [other, batch] = clients as [pg.Client, pg.Client];
  await Promise.all(clients.map((client) => client.connect()));
  await other.query("begin");
  await other.query("update wflo.budget_window set reserved = reserved + 1 where id like 'moved/%'");
  const settlements = settlementsJson(settlementRows([bills(call.callId, 4n)]));
  const values = [TENANT, settlements, ...argsOfMany([reserveArgs(asks(ids, 20n, { tenant: TENANT }))])];
  const answered = batch.query("select wflo.settle_and_reserve($1, $2, $3, $4) as answer", values);
  await expect
    .poll(async () => (await other.query("select from pg_locks where not granted")).rowCount)
    .toBeGreaterThan(0);
  await other.query("commit");
  expect((await answered).rows[0].answer).toMatchObject({ charged: ["4"], grants: ["20"] });
  const sums = (await ledger.getBudgets(TENANT, ids)).flatMap(({ windows }) => windows);
  expect(sums).toMatchObject(ids.map(() => ({ spentNanoUsd: 4n, reservedNanoUsd: 21n })));
  await Promise.all(clients.map((client) => client.end()));
});

test("a batch that has waited for a window is not refused, whatever isolation level is the default", async () => {
  const { ledger } = database.open();
  await ledger.setBudget("t", { id: "level", caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
  await ledger.reserve(asks(["level"], 1n));
  const options = "-c default_transaction_isolation=serializable";
  const clients = Array.from({ length: 2 }, () => new pg.Client({ connectionString: database.url, options }));
  const [other, batch] = clients as [pg.Client, pg.Client];
  onTestFinished(async () => void (await Promise.all(clients.map((client) => client.end()))));
  await Promise.all(clients.map((client) => client.connect()));
  await other.query("begin");
  await other.query("update wflo.budget_window set reserved = reserved + 1 where id = 'level'");
  const args = ["t", "[]", ...argsOfMany([reserveArgs(asks(["level"], 1n))])];
  const answered = batch.query("call wflo.settle_and_reserve_early($1, $2, $3, $4, null)", args);
  await expect
    .poll(async () => (await other.query("select from pg_locks where not granted")).rowCount)
    .toBeGreaterThan(0);
  await other.query("commit");
  expect((await answered).rows).toMatchObject([{ answer: { grants: ["1"] } }]);
});

test("locks windows by the bytes of their ids, whatever collation the database has", async () => {
  const name = `icu_${randomUUID().replaceAll("-", "")}`;
  await database.query(
    `create database ${name} template template0 encoding 'UTF8' locale_provider icu icu_locale 'en-US'`,
  );
  const url = new URL(database.url);
  url.pathname = name;
  const store = postgres({ url: url.href });
  const clients = Array.from({ length: 2 }, () => new pg.Client({ connectionString: url.href }));
  const [holder, batch] = clients as [pg.Client, pg.Client];
  await Promise.all(clients.map((client) => client.connect()));
  for (const id of ["B", "a"])
    await store.ledger.setBudget("t", { id, caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
  await store.ledger.reserve(asks(["a", "B"], 1n));

  await holder.query("begin");
  await holder.query("select from wflo.budget_window where id = 'B' for update");
  const [sets, calls] = argsOfMany([reserveArgs(asks(["a", "B"], 1n))]);
  const granted = batch.query("select wflo.settle_and_reserve('t', '[]', $1, $2) as answer", [sets, calls]);
  await expect
    .poll(async () => (await holder.query("select from pg_locks where not granted")).rowCount)
    .toBeGreaterThan(0);
  // It waits for B, and has not taken what comes after that.
  await holder.query("select from wflo.budget_window where id = 'a' for update nowait");
  await holder.query("commit");
  expect((await granted).rows[0].answer.grants).toEqual(["1"]);
  await Promise.all([store.close(), ...clients.map((client) => client.end())]);
});

/** A verdict, whose windows are told after the reserves of the same statement. */
function told({ warnings = [], ...verdict }: SettleVerdict) {
  return {
    ...verdict,
    warnings: warnings.map(({ share, window }) => ({ share, window: { ...window, reservedNanoUsd: 0n } })),
  };
}

/** A ledger whose first argument is another tenant. */
function bound(ledger: LedgerStore, key: string | symbol, tenant: string): unknown {
  const method = Reflect.get(ledger, key) as (...args: unknown[]) => unknown;
  return (_: unknown, ...rest: unknown[]) => Reflect.apply(method, ledger, [tenant, ...rest]);
}
