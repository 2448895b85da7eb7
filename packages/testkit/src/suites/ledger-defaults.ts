import { expect } from "vitest";
import type { DefaultDefinition } from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Sets a default; it charges on expiry and warns nowhere unless told otherwise. */
function setDefault(desk: CaseDesk, prefix: string, options?: Partial<DefaultDefinition>): Promise<void> {
  const plain = { caps: { total: 100n }, onExpiry: "charge", warnAt: [], timeZone: "UTC" } as const;
  return desk.ledger.setDefault(desk.tenant, { prefix, ...plain, ...options });
}

function make(desk: CaseDesk, id: string): ReturnType<CaseDesk["ledger"]["createFromDefault"]> {
  return desk.ledger.createFromDefault(desk.tenant, id);
}

async function prefixes(desk: CaseDesk, after?: string, limit = 100): Promise<readonly string[]> {
  const page = await desk.ledger.listDefaults(desk.tenant, { after, limit });
  return page.map(({ prefix }) => prefix);
}

/** What defaults do to budgets. */
const making: readonly DatabaseCase[] = [
  databaseCase("makes a budget of all that its default says", async (desk) => {
    const terms = {
      caps: { day: 10n, month: 20n },
      onExpiry: "release",
      warnAt: [0.5, 0.8],
      timeZone: "Asia/Tokyo",
    } as const;
    await setDefault(desk, "user/", terms);
    const made = await make(desk, "user/1");
    expect(made?.budget).toMatchObject({ id: "user/1", ...terms, paused: false });
    expect(made?.budget.caps).toEqual(terms.caps);
    expect(await desk.state("user/1")).toEqual(made?.budget);
  }),
  databaseCase("tells one of many callers at once that it made a budget", async (desk) => {
    await setDefault(desk, "user/");
    const all = await Promise.all(Array.from({ length: 12 }, () => make(desk, "user/1")));
    expect(all.filter((made) => made?.madeFrom === "user/")).toHaveLength(1);
    expect(all.filter((made) => made?.budget.caps.total === 100n)).toHaveLength(12);
  }),
  databaseCase("leaves a budget that was set as it is, whatever its default says", async (desk) => {
    await setDefault(desk, "user/");
    await desk.budget("user/1", { total: 7n });
    await desk.spend(5n, ["user/1"]);
    expect(await make(desk, "user/1")).toMatchObject({
      madeFrom: undefined,
      budget: { caps: { total: 7n } },
    });
    expect(await desk.window("user/1")).toMatchObject({ capNanoUsd: 7n, spentNanoUsd: 5n });
  }),
  databaseCase("takes the default with the longest prefix of an id", async (desk) => {
    for (const prefix of ["", "user/", "user/vip/", "user/w"]) await setDefault(desk, prefix);
    for (const [id, prefix] of [
      ["user/vip/1", "user/vip/"],
      ["user/vi", "user/"],
      ["user/zoe", "user/"],
      ["team/1", ""],
    ] as const)
      expect((await make(desk, id))?.madeFrom, id).toBe(prefix);
  }),
  databaseCase("takes the prefix of a default by the letter, with something after it", async (desk) => {
    for (const prefix of ["user_", "u%", "é"]) await setDefault(desk, prefix);
    for (const id of ["userX1", "USER_1", "user_", "u1", "e1", "é", "another"])
      expect(await make(desk, id), id).toBeUndefined();
    expect(await desk.ledger.listBudgets(desk.tenant, { limit: 10 })).toEqual([]);
    expect((await make(desk, "u%1"))?.madeFrom).toBe("u%");
  }),
  databaseCase("refuses a call at the cap of a budget that a default made", async (desk) => {
    await setDefault(desk, "user/");
    await make(desk, "user/1");
    await desk.hold(60n, ["user/1"]);
    expect(await desk.reserve(60n, ["user/1"])).toMatchObject({ code: "held" });
  }),
  databaseCase("leaves budgets that were made when their default is changed or removed", async (desk) => {
    await setDefault(desk, "user/");
    await make(desk, "user/1");
    await setDefault(desk, "user/", { caps: { total: 5n } });
    expect((await desk.window("user/1")).capNanoUsd).toBe(100n);
    await desk.ledger.removeDefault(desk.tenant, "user/");
    expect((await make(desk, "user/1"))?.budget.caps).toEqual({ total: 100n });
  }),
];

/** Defaults themselves. */
const keeping: readonly DatabaseCase[] = [
  databaseCase("shows a default as it was set last", async (desk) => {
    await setDefault(desk, "user/", { warnAt: [0.5] });
    const last = { caps: { day: 5n }, onExpiry: "release", warnAt: [], timeZone: "Europe/Paris" } as const;
    await setDefault(desk, "user/", last);
    expect(await desk.ledger.listDefaults(desk.tenant, { limit: 10 })).toEqual([
      { prefix: "user/", ...last },
    ]);
  }),
  databaseCase("pages through defaults by the bytes of their prefixes", async (desk) => {
    for (const prefix of ["b/", "\uff5e", "B/", "😀", "", "a-"]) await setDefault(desk, prefix);
    expect(await prefixes(desk)).toEqual(["", "B/", "a-", "b/", "\uff5e", "😀"]);
    expect(await prefixes(desk, undefined, 2)).toEqual(["", "B/"]);
    expect(await prefixes(desk, "B/", 2)).toEqual(["a-", "b/"]);
    expect(await prefixes(desk, "\uff5e", 2)).toEqual(["😀"]);
  }),
  databaseCase("makes nothing from a default that was removed", async (desk) => {
    await setDefault(desk, "user/");
    await setDefault(desk, "team/");
    expect(await desk.ledger.removeDefault(desk.tenant, "user/")).toBe(true);
    expect(await desk.ledger.removeDefault(desk.tenant, "user/")).toBe(false);
    expect(await make(desk, "user/1")).toBeUndefined();
    expect(await prefixes(desk)).toEqual(["team/"]);
  }),
  databaseCase("keeps the defaults of tenants apart", async (desk) => {
    await setDefault(desk, "user/");
    const other = desk.as("globex");
    expect(await make(other, "user/1")).toBeUndefined();
    expect(await prefixes(other)).toEqual([]);
    expect(await other.ledger.removeDefault(other.tenant, "user/")).toBe(false);
    expect(await make(desk, "user/1")).toMatchObject({ madeFrom: "user/" });
  }),
  databaseCase("takes no default in a zone that it does not know, and keeps the old one", async (desk) => {
    await setDefault(desk, "user/");
    const wrong = setDefault(desk, "user/", { caps: { day: 1n }, timeZone: "Europe/Atlantis" });
    await expect(wrong).rejects.toMatchObject({ code: "WFLO_INVALID_OPTION" });
    expect((await make(desk, "user/1"))?.budget).toMatchObject({ caps: { total: 100n }, timeZone: "UTC" });
  }),
];

/** Budgets that are made when somebody first asks for them. */
export const ledgerDefaultsCases: readonly DatabaseCase[] = [...making, ...keeping];
