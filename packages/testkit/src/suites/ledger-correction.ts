import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Late bills, and amounts set by hand. */
export const ledgerCorrectionCases: readonly DatabaseCase[] = [
  databaseCase("corrects an expired call once when its bill arrives after all", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    const settlementId = desk.nextId();
    const late = await desk.settle(callId, 20n, { settlementId });
    expect(late).toEqual({ callId, code: "late", chargedNanoUsd: 20n, overrunNanoUsd: 0n });
    expect((await desk.settle(callId, 20n, { settlementId })).code).toBe("replay");
    expect((await desk.window("user")).spentNanoUsd).toBe(20n);
    const entries = await desk.entriesOf(callId);
    expect(entries.find(({ kind }) => kind === "late")).toMatchObject({ id: settlementId });
  }),
  databaseCase("corrects a doubtful call once when its bill arrives after all", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.settle(callId, undefined, { kind: "doubt" });
    expect(await desk.settle(callId, 20n)).toMatchObject({ code: "late", chargedNanoUsd: 20n });
    expect(await desk.settle(callId, 30n)).toMatchObject({ code: "conflict", chargedNanoUsd: 20n });
    expect((await desk.window("user")).spentNanoUsd).toBe(20n);
  }),
  databaseCase("records a late bill above the hold as overrun", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.settle(callId, undefined, { kind: "doubt" });
    expect(await desk.settle(callId, 65n)).toMatchObject({ chargedNanoUsd: 65n, overrunNanoUsd: 15n });
    expect((await desk.window("user")).overrunNanoUsd).toBe(15n);
  }),
  databaseCase("takes a late bill that comes after a correction by hand", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.settle(callId, undefined, { kind: "doubt" });
    await desk.correct(callId, 10n);
    expect(await desk.settle(callId, 20n)).toMatchObject({ code: "late", chargedNanoUsd: 20n });
    expect((await desk.window("user")).spentNanoUsd).toBe(20n);
  }),
  databaseCase("calls an expired call doubtful until someone corrects it", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.setElapsed(120);
    await desk.ledger.expire(10);
    expect(await desk.entries({ inDoubt: true })).toMatchObject([{ callId, kind: "expire", inDoubt: true }]);
    await desk.correct(callId, 50n);
    expect(await desk.entries({ inDoubt: true })).toEqual([]);
    expect((await desk.entriesOf(callId)).map(({ inDoubt }) => inDoubt)).toEqual([false, false]);
  }),
  databaseCase("ends the doubt by a late bill of the very amount that was charged", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(50n, ["user"]);
    await desk.settle(callId, undefined, { kind: "doubt" });
    expect(await desk.settle(callId, 50n)).toMatchObject({ code: "late", chargedNanoUsd: 50n });
    expect((await desk.entriesOf(callId)).map(({ inDoubt }) => inDoubt)).toEqual([false, false]);
  }),
  databaseCase("ends the doubt about no other call than the corrected one", async (desk) => {
    await desk.budget("user", { total: 100n });
    const corrected = await desk.hold(10n, ["user"]);
    const doubtful = await desk.hold(20n, ["user"]);
    await desk.settle(corrected, undefined, { kind: "doubt" });
    await desk.settle(doubtful, undefined, { kind: "doubt" });
    await desk.settle(corrected, 5n);
    const inDoubt = (await desk.entries()).filter((entry) => entry.inDoubt);
    expect(inDoubt.map(({ callId }) => callId)).toEqual([doubtful]);
  }),
  databaseCase("sets the total of a call by hand with an entry of the difference", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.spend(50n, ["user"]);
    const correctionId = desk.nextId();
    expect(await desk.correct(callId, 20n, correctionId)).toMatchObject({ callId, chargedNanoUsd: 20n });
    expect((await desk.window("user")).spentNanoUsd).toBe(20n);
    const correction = (await desk.entriesOf(callId)).find(({ kind }) => kind === "correction");
    expect(correction).toMatchObject({ id: correctionId, chargedNanoUsd: -30n, receipt: { by: "hand" } });
  }),
  databaseCase("corrects by hand once per correction id", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.spend(50n, ["user"]);
    const correctionId = desk.nextId();
    await desk.correct(callId, 20n, correctionId);
    expect(await desk.correct(callId, 20n, correctionId)).toMatchObject({
      code: "replay",
      chargedNanoUsd: 20n,
    });
    expect(await desk.entriesOf(callId)).toHaveLength(2);
  }),
  databaseCase("corrects by hand again under another correction id", async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.spend(50n, ["user"]);
    await desk.correct(callId, 20n);
    expect(await desk.correct(callId, 35n)).toMatchObject({ chargedNanoUsd: 35n });
    expect((await desk.window("user")).spentNanoUsd).toBe(35n);
  }),
  databaseCase("corrects only calls that are closed", async (desk) => {
    await desk.budget("user", { total: 100n });
    const open = await desk.hold(50n, ["user"]);
    expect(await desk.correct(open, 20n)).toBeUndefined();
    expect(await desk.correct(desk.nextId(), 20n)).toBeUndefined();
    expect(await desk.window("user")).toMatchObject({ spentNanoUsd: 0n, reservedNanoUsd: 50n });
  }),
  databaseCase("corrects in the windows where the call was held, also after midnight", async (desk) => {
    await desk.budget("user", { day: 100n, total: 100n });
    const callId = await desk.spend(50n, ["user"]);
    await desk.setNow("2026-03-11T00:05:00Z");
    await desk.correct(callId, 70n);
    expect((await desk.window("user", "day")).spentNanoUsd).toBe(0n);
    expect((await desk.window("user")).spentNanoUsd).toBe(70n);
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
];
