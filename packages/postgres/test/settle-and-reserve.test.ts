import { randomUUID } from "node:crypto";
import {
  memoryDatabase,
  type LedgerStore,
  type ReserveRequest,
  type Settlement,
  type SettleVerdict,
} from "@wflo/core";
import pg from "pg";
import { beforeAll, expect, test } from "vitest";
import { MigratedDriver } from "../src/migrated-driver.ts";
import { pgDriver } from "../src/pg-driver.ts";
import { argsOfMany, reserveArgs } from "../src/reserve-args.ts";
import { ClosedCalls, type ClosedJson } from "../src/closed-calls.ts";
import { settlementRows, settlementsJson, type SettlementRow } from "../src/settlements.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const TENANT = "many";
const BUDGETS = ["a", "b", "b/child", "free", "paused", "z"];
const ROUNDS = 60;
const CALLS = 24;

interface Answer extends ClosedJson {
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
    const held = new Set<string>();
    let warned = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const cap = 20_000n + BigInt(random(60_000));
      const changed = { id: "a", caps: { total: cap }, onExpiry: "charge", warnAt: WARN_AT } as const;
      if (random(4) === 0) for (const ledger of [model, store]) await ledger.setBudget(tenant, changed);
      const below = { id: "b/child", caps: { total: 9_000n }, onExpiry: "charge", warnAt: [] } as const;
      const parent = [undefined, "a", "b"][random(3)];
      if (random(4) === 0)
        for (const ledger of [model, store]) await ledger.setBudget(tenant, { ...below, parent });
      const settled = open.splice(0, random(open.length + 1));
      const settlements = [...settled, ...closed.slice(0, random(3)), ...settled.slice(0, random(2))].map(
        (callId): Settlement => ({
          callId: random(12) === 0 ? randomUUID() : callId,
          settlementId: randomUUID(),
          kind: random(6) === 0 ? "void" : "settle",
          costNanoUsd: random(9) === 0 ? undefined : BigInt(random(1_500)),
          receipt: { usage: { inputTokens: random(9) } },
        }),
      );
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
      const items = settlementsJson(rows.filter(({ isRepeat }) => !isRepeat));
      const args = [tenant, items, ...argsOfMany(distinct.map(reserveArgs))];
      const answer = (await driver.call("settle_and_reserve", args)) as Answer;
      const closes = new ClosedCalls(answer);
      const done = rows.filter((row) => closes.verdictOf(row) !== undefined);
      // Each that has an open hold, the first time it is named.
      const isHeld = ({ callId, isRepeat }: SettlementRow) => held.has(callId) && !isRepeat;
      expect(done).toEqual(rows.filter(isHeld));
      for (const { callId } of rows) held.delete(callId);
      const verdicts = done.flatMap((row) => closes.verdictOf(row) ?? []);
      // Whose verdict the warnings are in does not matter.
      const first = told(verdicts);
      expect(first).toEqual(
        told(
          await model.settle(
            tenant,
            done.map(({ settlement }) => settlement),
          ),
        ),
      );
      warned += first.warnings.length;
      const expected: (string | null)[] = [];
      for (const call of distinct) {
        const verdict = await model.reserve(call);
        expected.push(verdict.code === "granted" ? String(verdict.amountNanoUsd) : null);
        if (verdict.code !== "granted") continue;
        open.push(call.callId);
        held.add(call.callId);
      }
      expect(answer.grants ?? []).toEqual(expected);
      const rest = rows.filter((row) => !done.includes(row)).map(({ settlement }) => settlement);
      const [alone, modelled] = await Promise.all(
        [store, model].map(async (ledger) => told(await ledger.settle(tenant, rest))),
      );
      expect(alone).toEqual(modelled);
      warned += alone?.warnings.length ?? 0;
      closed = [...settled, ...closed];
      open = [...new Set(open)];
      const [mine, theirs] = await Promise.all(
        [store, model].map((ledger) => ledger.getBudgets(tenant, BUDGETS)),
      );
      expect(mine).toEqual(theirs);
    }
    expect(warned).toBeGreaterThan(10);
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

/** Verdicts, and what they warn of, whose windows are told after the reserves of the same statement. */
function told(verdicts: readonly SettleVerdict[]) {
  const warnings = verdicts
    .flatMap((verdict) => verdict.warnings ?? [])
    .map(({ share, window }) => ({ share, window: { ...window, reservedNanoUsd: 0n } }));
  return { verdicts: verdicts.map(({ warnings: _, ...verdict }) => verdict), warnings };
}

/** A ledger whose first argument is another tenant. */
function bound(ledger: LedgerStore, key: string | symbol, tenant: string): unknown {
  const method = Reflect.get(ledger, key) as (...args: unknown[]) => unknown;
  return (_: unknown, ...rest: unknown[]) => Reflect.apply(method, ledger, [tenant, ...rest]);
}
