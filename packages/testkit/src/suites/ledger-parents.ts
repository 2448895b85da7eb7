import { expect } from "vitest";
import type { ReserveVerdict } from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** A company with a team and two users in it. */
async function setUp(desk: CaseDesk): Promise<void> {
  await desk.budget("org", { total: 100n });
  await desk.budget("team", { total: 60n }, { parent: "org" });
  await desk.budget("user/1", { total: 50n }, { parent: "team" });
  await desk.budget("user/2", { total: 50n }, { parent: "team" });
}

const ABOVE_USER = [
  { budgetId: "team", parent: "org" },
  { budgetId: "user/1", parent: "team" },
];

/** Asks for money on a budget and those above it. */
function reserve(
  desk: CaseDesk,
  amountNanoUsd: bigint,
  [named, ...inherited]: readonly [string, ...string[]],
): Promise<ReserveVerdict> {
  return desk.reserve(amountNanoUsd, [named, ...inherited], { inherited });
}

/** What parents do to calls. */
const calls: readonly DatabaseCase[] = [
  databaseCase("tells every parent above the budgets of a call that does not name them", async (desk) => {
    await setUp(desk);
    const incomplete = { code: "incomplete", parents: ABOVE_USER };
    expect(await desk.reserve(1n, ["user/1"])).toEqual(incomplete);
    expect(await reserve(desk, 1n, ["user/1", "team"])).toEqual(incomplete);
    expect(await desk.reserve(1n, ["user/1", "team"])).toEqual(incomplete);
    for (const id of ["org", "team", "user/1"]) expect((await desk.window(id)).reservedNanoUsd).toBe(0n);
  }),
  databaseCase("holds a call on its budget and on all above it, and settles it there", async (desk) => {
    await setUp(desk);
    const ids = ["user/1", "team", "org"] as const;
    const callId = desk.nextId();
    expect(await desk.reserve(30n, ids, { callId, inherited: ["team", "org"] })).toMatchObject({
      code: "granted",
    });
    for (const id of ids) expect((await desk.window(id)).reservedNanoUsd, id).toBe(30n);
    await desk.settle(callId, 20n);
    for (const id of ids)
      expect(await desk.window(id), id).toMatchObject({ reservedNanoUsd: 0n, spentNanoUsd: 20n });
    expect((await desk.window("user/2")).spentNanoUsd).toBe(0n);
    expect((await desk.entries({ callId })).map(({ budgetIds }) => budgetIds.toSorted())).toEqual([
      ["org", "team", "user/1"],
    ]);
  }),
  databaseCase("takes parents that a call names itself as they are", async (desk) => {
    await setUp(desk);
    expect(await desk.reserve(1n, ["org", "user/1", "team"])).toMatchObject({ code: "granted" });
    expect(await desk.reserve(1n, ["org"])).toMatchObject({ code: "granted" });
    expect(await desk.reserve(1n, ["team", "org"], { inherited: ["org"] })).toMatchObject({
      code: "granted",
    });
  }),
  databaseCase("refuses a call for the money of a parent", async (desk) => {
    await setUp(desk);
    expect(await reserve(desk, 40n, ["user/1", "team", "org"])).toMatchObject({ code: "granted" });
    expect(await reserve(desk, 30n, ["user/2", "team", "org"])).toMatchObject({
      code: "held",
      window: { budgetId: "team" },
    });
    expect((await desk.window("user/2")).reservedNanoUsd).toBe(0n);
  }),
  databaseCase("takes no budget for a parent that is none any more", async (desk) => {
    await setUp(desk);
    await desk.budget("user/1", { total: 50n }, { parent: "org" });
    expect(await reserve(desk, 1n, ["user/1", "team", "org"])).toEqual({
      code: "incomplete",
      parents: [{ budgetId: "user/1", parent: "org" }],
    });
    await desk.budget("user/1", { total: 50n });
    expect(await reserve(desk, 1n, ["user/1", "org"])).toEqual({ code: "incomplete", parents: [] });
    expect(await desk.reserve(1n, ["user/1"])).toMatchObject({ code: "granted" });
    expect((await desk.window("org")).reservedNanoUsd).toBe(0n);
  }),
  databaseCase("settles a call where it was held, whatever its budget's parent is by then", async (desk) => {
    await setUp(desk);
    const ids = ["user/1", "team", "org"];
    const callId = await desk.hold(30n, ids, { inherited: ["team", "org"] });
    await desk.budget("user/1", { total: 50n });
    await desk.settle(callId, 30n);
    for (const id of ids)
      expect(await desk.window(id), id).toMatchObject({ reservedNanoUsd: 0n, spentNanoUsd: 30n });
    expect(await desk.ledger.reconcile(desk.tenant)).toEqual([]);
  }),
  databaseCase("looks for budgets before their parents, and for parents before pauses", async (desk) => {
    await setUp(desk);
    expect(await desk.reserve(1n, ["user/1", "nobody"])).toEqual({ code: "missing", budgetId: "nobody" });
    await desk.ledger.setPaused(desk.tenant, "org", true);
    expect(await desk.reserve(1n, ["user/1"])).toMatchObject({ code: "incomplete" });
  }),
];

/** What can be a parent. */
const parents: readonly DatabaseCase[] = [
  databaseCase("shows the parent of a budget wherever it shows the budget", async (desk) => {
    await setUp(desk);
    expect(await desk.budget("user/1", { total: 50n }, { parent: "org" })).toMatchObject({ parent: "org" });
    expect((await desk.state("user/1")).parent).toBe("org");
    const listed = await desk.ledger.listBudgets(desk.tenant, { limit: 10 });
    expect(listed.map(({ id, parent }) => [id, parent])).toEqual([
      ["org", undefined],
      ["team", "org"],
      ["user/1", "org"],
      ["user/2", "team"],
    ]);
  }),
  databaseCase("refuses a parent that is not there, is the budget itself, or has it above", async (desk) => {
    await setUp(desk);
    for (const [id, parent] of [
      ["org", "nobody"],
      ["org", "org"],
      ["org", "team"],
      ["org", "user/1"],
      ["new", "new"],
    ] as const) {
      const wrong = desk.budget(id, { total: 100n }, { parent, onExpiry: "release" });
      await expect(wrong, `${id} under ${parent}`).rejects.toMatchObject({ code: "WFLO_INVALID_OPTION" });
    }
    expect((await desk.state("org")).onExpiry).toBe("charge");
    expect((await desk.state("org")).parent).toBeUndefined();
    expect(await desk.ledger.getBudgets(desk.tenant, ["new"])).toEqual([]);
  }),
  databaseCase("gives the parent of a default to the budgets that it makes", async (desk) => {
    await setUp(desk);
    const terms = { caps: { total: 5n }, onExpiry: "charge", warnAt: [], timeZone: "UTC" } as const;
    const wrong = desk.ledger.setDefault(desk.tenant, { prefix: "guest/", ...terms, parent: "nobody" });
    await expect(wrong).rejects.toMatchObject({ code: "WFLO_INVALID_OPTION" });
    await desk.ledger.setDefault(desk.tenant, { prefix: "guest/", ...terms, parent: "team" });
    expect(await desk.ledger.listDefaults(desk.tenant, { limit: 10 })).toMatchObject([{ parent: "team" }]);
    const made = await desk.ledger.createFromDefault(desk.tenant, "guest/1");
    expect(made?.budget.parent).toBe("team");
  }),
  databaseCase("keeps the parents of tenants apart", async (desk) => {
    await setUp(desk);
    const other = desk.as("globex");
    const terms = { caps: { total: 5n }, onExpiry: "charge", warnAt: [], parent: "team" } as const;
    const wrong = other.ledger.setDefault(other.tenant, { prefix: "user/", ...terms });
    await expect(wrong).rejects.toMatchObject({ code: "WFLO_INVALID_OPTION" });
  }),
];

/** Budgets above others. */
export const ledgerParentsCases: readonly DatabaseCase[] = [...calls, ...parents];
