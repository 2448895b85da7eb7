import { randomUUID } from "node:crypto";
import type { ReserveRequest } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { asks, bills, starts } from "./support/samples.ts";
import { ask, CAPS, useForeseen } from "./support/use-foreseen.ts";

const here = useForeseen();

describe("what is otherwise is not done, and is decided as if nothing had been foreseen", () => {
  interface Otherwise {
    readonly name: string;
    /** What happens meanwhile. `id` is the budget, `held` is open on it, `next` is about to be asked for. */
    readonly happen: (id: string, held: ReserveRequest, next: ReserveRequest) => Promise<unknown>;
    /** The next call's grant, once it is decided; null where the plain function refuses it, or has to look more closely. */
    readonly grant: string | null;
    /** What becomes of the settlement. */
    readonly code?: "settled" | "late" | "unknown" | "none";
    readonly label?: Partial<ReserveRequest["label"]>;
  }

  const set = (id: string, changes: object) =>
    here.ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [], ...changes });
  const runs = () => here.database.open().runs;
  const runId = randomUUID();

  test.each<Otherwise>([
    { name: "a budget is paused", happen: (id) => here.ledger.setPaused("t", id, true), grant: null },
    {
      name: "a budget has one more cap",
      happen: (id) => set(id, { caps: { ...CAPS, total: 105n } }),
      grant: "50",
    },
    { name: "a budget has one cap less", happen: (id) => set(id, { caps: { day: 100n } }), grant: "50" },
    {
      name: "a budget follows another zone",
      happen: (id) => set(id, { timeZone: "Asia/Tokyo" }),
      grant: "50",
    },
    { name: "a budget has a parent", happen: (id) => set(id, { parent: "above" }), grant: null },
    { name: "a budget releases what expires", happen: (id) => set(id, { onExpiry: "release" }), grant: "50" },
    {
      name: "a cap is lower",
      happen: (id) => set(id, { caps: { day: 79n, month: 900_000n } }),
      grant: null,
    },
    {
      name: "others have spent",
      happen: async (id) => {
        const other = asks([id], 99_800n);
        await here.ledger.reserve(other);
        await here.ledger.settle("t", [bills(other.callId, 99_800n)]);
      },
      grant: "50",
    },
    {
      name: "the month is over",
      happen: () => here.setClock("select clock_timestamp() + interval '32 days'"),
      grant: "50",
    },
    {
      name: "the clock is set back by a day",
      happen: () => here.setClock("select clock_timestamp() - interval '1 day'"),
      grant: "50",
    },
    {
      name: "the call was closed by another process",
      happen: (_, held) => here.ledger.settle("t", [bills(held.callId, undefined, { kind: "doubt" })]),
      grant: "50",
      code: "late",
    },
    {
      name: "the next call was given up before it came",
      happen: (_, __, next) => here.ledger.settle("t", [bills(next.callId, 0n, { kind: "void" })]),
      grant: "undone",
    },
    {
      name: "the next call is there already",
      happen: (_, __, next) => here.ledger.reserve(next),
      grant: "undone",
    },
    {
      name: "the run was taken over",
      happen: () => runs().claim("t", runId, { takeOver: true }),
      grant: null,
      code: "none",
      label: { runId },
    },
    {
      name: "the tenant is gone",
      happen: () => here.database.open().deleteTenant("t"),
      grant: null,
      code: "unknown",
    },
  ])("$name", async ({ name, happen, grant, code = "settled", label }) => {
    await here.ledger.setBudget("t", { id: "above", caps: {}, onExpiry: "charge", warnAt: [] });
    if (label !== undefined) await runs().create("t", starts(runId));
    const changes = { epoch: 1, label: { provider: "p", model: "m", ...label } };
    const held = await here.open([name], changes);
    const next = ask([name], 50n, changes);
    await happen(name, held, next);
    const settlements = code === "none" ? [] : [bills(held.callId, 30n)];
    const before = await here.ledger.getBudgets("t", [name]);

    const foreseen = here.desk.foreseen("t", settlements, [next]).catch(({ code: refused }) => refused);
    expect(["otherwise", "WFLO_STORE_UNAVAILABLE"]).toContain(await foreseen);
    expect(await here.ledger.getBudgets("t", [name])).toEqual(before);
    const holds = await here.database.query("select from wflo.hold where call_id = $1", [held.callId]);
    expect(holds).toHaveLength(code === "settled" ? 1 : 0);

    const decided = here.desk.decided("t", settlements, [next]).then(
      ({ settled, grants }) => [settled[0]?.code ?? "none", grants[0]],
      () => ["settled", "undone"],
    );
    expect(await decided).toEqual([code, grant]);
    expect(await here.ledger.reconcile("t")).toEqual([]);
  });
});

describe("what was told before a change is not taken for what was told after it", () => {
  test.each([
    ["a cap", { caps: { ...CAPS, total: 10_000n } }, []],
    ["a parent", { caps: CAPS, parent: "parent-of-all" }, ["parent-of-all"]],
    ["a zone", { caps: CAPS, timeZone: "Asia/Tokyo" }, []],
  ])("by another set of the same batch: %s", async (id, changes, inherited) => {
    const [one, two] = [`${id}/one`, `${id}/two`];
    for (const each of [one, two, "parent-of-all"])
      await here.ledger.setBudget("t", {
        id: each,
        caps: { total: 1_000_000n },
        onExpiry: "charge",
        warnAt: [],
      });
    await here.open([id]);
    await here.desk.decided("t", [], [ask([id, one])]);
    await here.ledger.setBudget("t", { id, onExpiry: "charge", warnAt: [], ...changes });
    const told = () => ask([id, two, ...inherited], 1n, { inherited });
    await here.desk.decided("t", [], [told()]);
    const stale = ask([id, one], 5_000n);
    expect(await here.desk.foreseen("t", [], [stale, told()])).toBe("unforeseeable");
    expect(await here.desk.foreseen("t", [], [told()])).toMatchObject({ grants: ["1"] });
    expect(await here.desk.foreseen("t", [], [stale])).toBe("unforeseeable");
  });

  test("by a call of another epoch of the run, in whatever letters", async () => {
    const { runs } = here.database.open();
    const runId = "aaaaaaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
    await runs.create("t", starts(runId));
    const of = (epoch: number, id: string) => ({ epoch, label: { provider: "p", model: "m", runId: id } });
    await here.open(["letters"], of(1, runId));
    await runs.claim("t", runId, { takeOver: true });
    const calls = [
      ask(["letters"], 5n, of(2, runId.toUpperCase())),
      ask(["letters"], 5n, of(1, runId)),
      ask(["letters"], 5n, of(2, runId)),
    ];
    expect(await here.desk.foreseen("t", [], calls)).toBe("otherwise");
    const verdicts = await Promise.all(calls.map((call) => here.ledger.reserve(call)));
    expect(verdicts.map(({ code }) => code)).toEqual(["granted", "superseded", "granted"]);
  });
});
