import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** What becomes of holds whose process died. */
export const ledgerExpiryCases: readonly DatabaseCase[] = [
  databaseCase("charges an expired hold in full", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 50n, reservedNanoUsd: 0n });
    expect(await desk.entriesOf(callId)).toMatchObject([
      { kind: "expire", chargedNanoUsd: 50n, heldNanoUsd: 50n },
    ]);
  }),
  databaseCase("releases an expired hold of a budget that says so", async (desk) => {
    await desk.budget("user", { total: 100n }, { onExpiry: "release" });
    await desk.hold(50n, ["user"]);
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 0n });
  }),
  databaseCase("charges an expired hold when any of its budgets says charge", async (desk) => {
    await desk.budget("user", { total: 100n }, { onExpiry: "release" });
    await desk.budget("org", { total: 100n }, { onExpiry: "charge" });
    await desk.hold(50n, ["org", "user"]);
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    expect((await desk.window("user")).spentNanoUsd).toBe(50n);
    expect((await desk.window("org")).spentNanoUsd).toBe(50n);
  }),
  databaseCase("charges an expired hold that is on no budget", async (desk) => {
    const callId = await desk.hold(50n, []);
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    expect(await desk.entriesOf(callId)).toMatchObject([{ kind: "expire", chargedNanoUsd: 50n }]);
  }),
  databaseCase("decides what expiry does when the hold is taken", async (desk) => {
    await desk.budget("user", { total: 100n }, { onExpiry: "release" });
    await desk.budget("org", { total: 100n }, { onExpiry: "release" });
    await desk.hold(50n, ["org", "user"]);
    await desk.budget("user", { total: 100n }, { onExpiry: "charge" });
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    expect((await desk.window("user")).spentNanoUsd).toBe(0n);
  }),
  databaseCase("leaves a hold alone until it expires", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.hold(50n, ["user"], { ttlMs: 60_000 });
    await desk.setElapsed(50);
    expect(await desk.ledger.expire(10)).toBe(0);
    await desk.setElapsed(70);
    expect(await desk.ledger.expire(10)).toBe(1);
  }),
  databaseCase("keeps a renewed hold open", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"], { ttlMs: 60_000 });
    await desk.setElapsed(20);
    await desk.ledger.renew(desk.tenant, [callId, desk.nextId()], 90_000);
    await desk.setElapsed(100);
    expect(await desk.ledger.expire(10)).toBe(0);
    await desk.setElapsed(120);
    expect(await desk.ledger.expire(10)).toBe(1);
  }),
  databaseCase("expires at most as many holds as asked", async (desk) => {
    await desk.budget("user", { total: 100n });
    for (let index = 0; index < 3; index += 1) await desk.hold(10n, ["user"]);
    await desk.setElapsed(120);
    expect(await desk.ledger.expire(2)).toBe(2);
    expect((await desk.window("user")).reservedNanoUsd).toBe(10n);
    expect(await desk.ledger.expire(2)).toBe(1);
    expect(await desk.ledger.expire(2)).toBe(0);
  }),
  databaseCase("expires the holds of every tenant", async (desk) => {
    const other = desk.as("globex");
    await desk.budget("user", { total: 100n });
    await other.budget("team", { total: 100n });
    await desk.hold(10n, ["user"]);
    await other.hold(20n, ["team"]);
    await desk.setElapsed(120);
    expect(await desk.ledger.expire(10)).toBe(2);
    expect((await desk.window("user")).reservedNanoUsd).toBe(0n);
    expect((await other.window("team")).reservedNanoUsd).toBe(0n);
  }),
  databaseCase("settles an expired hold that nobody has closed yet as usual", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.setElapsed(120);
    expect((await desk.settle(callId, 20n)).code).toBe("settled");
    expect(await desk.ledger.expire(10)).toBe(0);
  }),
  databaseCase("expires a hold in the windows where it was held, also after midnight", async (desk) => {
    await desk.budget("user", { day: 100n, total: 100n });
    await desk.hold(50n, ["user"]);
    await desk.setNow("2026-03-11T00:05:00Z");
    expect(await desk.ledger.expire(10)).toBe(1);
    expect((await desk.window("user", "day")).spentNanoUsd).toBe(0n);
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
  databaseCase("closes each expired hold once when many processes sweep at the same time", async (desk) => {
    await desk.budget("user", { total: 1_000n });
    for (let index = 0; index < 20; index += 1) await desk.hold(10n, ["user"]);
    await desk.setElapsed(120);
    const closed = await Promise.all(Array.from({ length: 4 }, () => desk.ledger.expire(50)));
    expect(closed.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(await desk.entries()).toHaveLength(20);
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
];
