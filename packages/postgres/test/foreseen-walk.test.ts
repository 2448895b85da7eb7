import { randomUUID } from "node:crypto";
import {
  memoryDatabase,
  type LedgerStore,
  type Settlement,
  type SettleVerdict,
  type WindowKind,
} from "@wflo/core";
import { expect, onTestFinished, test } from "vitest";
import { reserveArgs } from "../src/reserve-args.ts";
import { ForeseenDesk } from "./support/foreseen-desk.ts";
import { asks } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const ROUNDS = 80;
const SETS = [["a"], ["a", "b"], ["b", "c"], ["a", "b", "c"], ["free"], []];
const BUDGETS = ["a", "b", "c", "free"];
/** Shares of which a walk passes many. */
const WARN_AT = [0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1];

/** A small generator of numbers, the same for a seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

test.each([3, 5, 8])(
  "a foreseen batch does what its calls would, asked for one after the other, or nothing (seed %i)",
  async (seed) => {
    const random = randomOf(seed);
    const tenant = `walk-${seed}`;
    const model = memoryDatabase().ledger;
    const store = database.open().ledger;
    const both = async (work: (ledger: LedgerStore) => Promise<unknown>) => {
      for (const ledger of [model, store]) await work(ledger);
    };
    const set = (id: string, caps: Partial<Record<WindowKind, bigint>>) =>
      both((ledger) => ledger.setBudget(tenant, { id, caps, onExpiry: "charge", warnAt: WARN_AT }));
    const capsOf = () => ({
      total: BigInt(200_000 + random(2_000_000)),
      day: BigInt(200_000 + random(900_000)),
    });
    for (const id of ["a", "b", "c"]) await set(id, capsOf());
    await set("free", {});
    const desk = new ForeseenDesk(database.url);
    onTestFinished(() => desk.driver.close());
    const other = async (): Promise<void> => {
      const call = asks(["a", "b"], BigInt(random(60_000)), { tenant });
      await both((ledger) => ledger.reserve(call));
    };
    const events = [
      () => set(["a", "b", "c"][random(3)] ?? "a", capsOf()),
      () => set("c", { month: BigInt(300_000 + random(900_000)) }),
      async () => {
        await both((ledger) => ledger.setPaused(tenant, "c", true));
        return () => both((ledger) => ledger.setPaused(tenant, "c", false));
      },
      other,
      other,
    ];

    const ways = new Map<string, number>();
    let warned = 0;
    let open: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const after = random(4) === 0 ? await events[random(events.length)]?.() : undefined;
      const settled = open.splice(0, random(open.length + 1));
      const settlements = settled.map((callId): Settlement => ({
        callId,
        settlementId: randomUUID(),
        kind: random(6) === 0 ? "void" : "settle",
        costNanoUsd: random(9) === 0 ? undefined : BigInt(random(1_500)),
        receipt: { usage: { inputTokens: random(9) } },
      }));
      const calls = Array.from({ length: random(16) }, () =>
        asks(SETS[random(SETS.length)] ?? [], BigInt(random(1_000)), {
          tenant,
          isNew: true,
          share: 1 + random(12),
        }),
      );
      const foreseen = await desk.foreseen(tenant, settlements, calls);
      const way = typeof foreseen === "string" ? foreseen : "foreseen";
      ways.set(way, (ways.get(way) ?? 0) + 1);
      if (way === "otherwise") desk.known.forget(calls.map(reserveArgs));
      const found = typeof foreseen === "string" ? await desk.decided(tenant, settlements, calls) : foreseen;

      const expected = await model.settle(tenant, settlements);
      expect(found.settled.map(plain)).toEqual(expected.map(plain));
      const warningsOf = (verdicts: typeof expected) =>
        verdicts.flatMap(({ warnings = [] }) =>
          warnings.map(({ share, window }) => `${window.budgetId} ${window.window} ${share}`),
        );
      expect(warningsOf(found.settled).toSorted()).toEqual(warningsOf(expected).toSorted());
      warned += warningsOf(expected).length;
      const grants: (string | null)[] = [];
      for (const call of calls) {
        const verdict = await model.reserve(call);
        grants.push(verdict.code === "granted" ? String(verdict.amountNanoUsd) : null);
        if (verdict.code === "granted") open.push(call.callId);
      }
      expect(found.grants).toEqual(calls.length === 0 ? [] : grants);
      const [mine, theirs] = await Promise.all(
        [store, model].map((ledger) => ledger.getBudgets(tenant, BUDGETS)),
      );
      expect(mine).toEqual(theirs);
      await (typeof after === "function" ? after() : undefined);
    }
    expect(ways.get("foreseen")).toBeGreaterThan(ROUNDS / 3);
    expect(ways.get("otherwise")).toBeGreaterThan(2);
    expect(ways.get("unforeseeable")).toBeGreaterThan(2);
    expect(warned).toBeGreaterThan(5);
    expect(await store.reconcile(tenant)).toEqual([]);
  },
);

/** Without its warnings, whose windows are told after the reserves of the same statement. */
function plain({ callId, code, chargedNanoUsd, overrunNanoUsd }: SettleVerdict) {
  return { callId, code, chargedNanoUsd, overrunNanoUsd };
}
