import { expect } from "vitest";
import type { ClosingKind } from "@wflo/core";
import { seededRandom } from "../walks/seeded-random.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

const KINDS: readonly ClosingKind[] = ["settle", "void", "estimate", "unmeasured", "recorded", "doubt"];

/** How the bill of a call reaches the ledger. */
export const ledgerSettleCases: readonly DatabaseCase[] = [
  databaseCase("gives the hold back and spends the bill on every budget of the call", async (desk) => {
    await desk.budget("run", { total: 100n });
    await desk.budget("user", { day: 100n, month: 100n });
    const callId = await desk.hold(50n, ["run", "user"]);
    expect(await desk.settle(callId, 20n)).toEqual({
      callId,
      code: "settled",
      chargedNanoUsd: 20n,
      overrunNanoUsd: 0n,
    });
    for (const [id, kind] of [
      ["run", "total"],
      ["user", "day"],
      ["user", "month"],
    ] as const) {
      expect(await desk.window(id, kind)).toMatchObject({ spentNanoUsd: 20n, reservedNanoUsd: 0n });
    }
  }),
  databaseCase("charges the held amount when the cost is left out", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    expect(await desk.settle(callId, undefined, { kind: "unmeasured" })).toMatchObject({
      chargedNanoUsd: 50n,
    });
    expect((await desk.window("user")).spentNanoUsd).toBe(50n);
  }),
  databaseCase("charges nothing for a call that was not billed", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    expect(await desk.settle(callId, 0n, { kind: "void" })).toMatchObject({ chargedNanoUsd: 0n });
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 0n });
  }),
  ...KINDS.map((kind) =>
    databaseCase(`writes an entry of kind ${kind} under the settlement's id`, async (desk) => {
      await desk.budget("user", { total: 100n });
      const callId = await desk.hold(50n, ["user"]);
      const settlementId = desk.nextId();
      await desk.settle(callId, 20n, { kind, settlementId });
      const entries = await desk.entriesOf(callId);
      expect(entries).toMatchObject([{ id: settlementId, kind, heldNanoUsd: 50n, chargedNanoUsd: 20n }]);
    }),
  ),
  databaseCase("counts a settlement that is sent twice once", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    const settlementId = desk.nextId();
    await desk.settle(callId, 20n, { settlementId });
    const again = await desk.settle(callId, 20n, { settlementId });
    expect(again).toEqual({ callId, code: "replay", chargedNanoUsd: 20n, overrunNanoUsd: 0n });
    expect((await desk.window("user")).spentNanoUsd).toBe(20n);
  }),
  databaseCase("counts the same bill under two settlement ids once", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.settle(callId, 20n);
    expect(await desk.settle(callId, 20n)).toMatchObject({ code: "replay", chargedNanoUsd: 20n });
    expect(await desk.entriesOf(callId)).toHaveLength(1);
  }),
  databaseCase("lets the first bill of a settled call stand against another", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.settle(callId, 20n);
    expect(await desk.settle(callId, 30n)).toMatchObject({ code: "conflict", chargedNanoUsd: 20n });
    expect((await desk.window("user")).spentNanoUsd).toBe(20n);
  }),
  databaseCase("takes a settlement without cost on a closed call for a replay", async (desk) => {
    await desk.budget("user", { total: 100n });
    for (const kind of ["settle", "doubt"] as const) {
      const callId = await desk.hold(20n, ["user"]);
      await desk.settle(callId, 20n, { kind });
      expect(await desk.settle(callId, undefined)).toMatchObject({ code: "replay", chargedNanoUsd: 20n });
    }
  }),
  databaseCase("knows nothing of a call that never held money", async (desk) => {
    const callId = desk.nextId();
    expect(await desk.settle(callId, 20n)).toEqual({
      callId,
      code: "unknown",
      chargedNanoUsd: 0n,
      overrunNanoUsd: 0n,
    });
    expect(await desk.entries()).toEqual([]);
  }),
  databaseCase("answers settlements in the order given", async (desk) => {
    await desk.budget("user", { total: 100n });
    const first = await desk.hold(10n, ["user"]);
    const unknown = desk.nextId();
    const second = await desk.hold(10n, ["user"]);
    const verdicts = await desk.ledger.settle(desk.tenant, [
      desk.settlement(second, 2n),
      desk.settlement(unknown, 3n),
      desk.settlement(first, 4n),
      desk.settlement(second, 2n),
    ]);
    expect(verdicts.map(({ callId, code }) => [callId, code])).toEqual([
      [second, "settled"],
      [unknown, "unknown"],
      [first, "settled"],
      [second, "replay"],
    ]);
  }),
  databaseCase("counts a bill above its hold in full and records the excess as overrun", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    expect(await desk.settle(callId, 70n)).toMatchObject({ chargedNanoUsd: 70n, overrunNanoUsd: 20n });
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 70n, overrunNanoUsd: 20n });
  }),
  databaseCase("counts a bill that passes the cap in full", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(90n, ["user"]);
    await desk.settle(callId, 130n);
    expect((await desk.window("user")).spentNanoUsd).toBe(130n);
    expect((await desk.reserve(1n, ["user"])).code).not.toBe("granted");
  }),
  databaseCase("settles a call without budgets", async (desk) => {
    const callId = await desk.hold(50n, []);
    expect(await desk.settle(callId, 20n)).toMatchObject({ code: "settled", chargedNanoUsd: 20n });
    expect(await desk.entriesOf(callId)).toMatchObject([{ budgetIds: [], chargedNanoUsd: 20n }]);
  }),
  databaseCase("closes calls of a thread whose name is long", async (desk) => {
    const random = seededRandom(7);
    const letters = Array.from({ length: 4_000 }, () => String.fromCodePoint(0x4e00 + random.below(20_000)));
    const label = { thread: letters.join(""), provider: "openai", model: "gpt-test" };
    const settled = await desk.spend(5n, [], { label });
    const expired = await desk.hold(5n, [], { label });
    await desk.setElapsed(120);
    expect(await desk.ledger.expire(10)).toBe(1);
    for (const callId of [settled, expired]) expect(await desk.entriesOf(callId)).toMatchObject([{ label }]);
  }),
  databaseCase("finds no discrepancy after calls of every end", async (desk) => {
    await desk.budget("user", { total: 100n, day: 100n });
    await desk.budget("org", { month: 100n });
    await desk.hold(5n, ["user", "org"]);
    await desk.settle(await desk.hold(10n, ["user", "org"]), 12n);
    await desk.settle(await desk.hold(10n, ["user"]), 0n, { kind: "void" });
    await desk.settle(await desk.hold(10n, ["org"]), undefined, { kind: "doubt" });
    await desk.reserve(1_000n, ["user", "org"]);
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
  databaseCase("writes down that a call was given up before its reserve arrived", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = desk.nextId();
    const given = { kind: "void", costNanoUsd: 0n } as const;
    const [verdict] = await desk.ledger.settle(desk.tenant, [{ ...desk.settlement(callId, 0n), ...given }]);
    expect(verdict?.code).toBe("unknown");
    expect(await desk.entriesOf(callId)).toMatchObject([{ kind: "void", chargedNanoUsd: 0n }]);
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 0n });
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
];
