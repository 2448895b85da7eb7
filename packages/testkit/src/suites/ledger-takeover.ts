import { expect } from "vitest";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** A call that takes over the open hold of another. */
export const ledgerTakeoverCases: readonly DatabaseCase[] = [
  databaseCase("counts the money of the replaced hold as free", async (desk) => {
    await desk.budget("user", { total: 100n });
    const outer = await desk.hold(60n, ["user"]);
    const verdict = await desk.reserve(90n, ["user"], { replaces: outer });
    expect(verdict).toMatchObject({ code: "granted", amountNanoUsd: 90n });
  }),
  databaseCase("gives the money of a replaced hold back when the new one is granted", async (desk) => {
    await desk.budget("user", { total: 200n });
    const outer = await desk.hold(60n, ["user"]);
    await desk.reserve(90n, ["user"], { replaces: outer });
    expect((await desk.window("user")).reservedNanoUsd).toBe(90n);
  }),
  databaseCase("writes no entry for a replaced hold", async (desk) => {
    await desk.budget("user", { total: 200n });
    const outer = await desk.hold(60n, ["user"]);
    await desk.reserve(90n, ["user"], { replaces: outer });
    expect(await desk.entries()).toEqual([]);
  }),
  databaseCase("keeps the hold that a refused call would have replaced", async (desk) => {
    await desk.budget("user", { total: 100n });
    const outer = await desk.hold(60n, ["user"]);
    await desk.reserve(101n, ["user"], { replaces: outer });
    expect((await desk.window("user")).reservedNanoUsd).toBe(60n);
    expect((await desk.settle(outer, 60n)).code).toBe("settled");
  }),
  databaseCase("counts replaced money only in the windows that hold it", async (desk) => {
    await desk.budget("a", { total: 100n });
    await desk.budget("b", { total: 100n });
    const outer = await desk.hold(60n, ["a"]);
    await desk.hold(60n, ["b"]);
    expect((await desk.reserve(90n, ["a", "b"], { replaces: outer })).code).toBe("held");
  }),
  databaseCase("reserves as usual when the hold to replace is gone", async (desk) => {
    await desk.budget("user", { total: 100n });
    await desk.hold(60n, ["user"]);
    const gone = desk.nextId();
    expect((await desk.reserve(50n, ["user"], { replaces: gone })).code).toBe("held");
    await desk.hold(40n, ["user"], { replaces: gone });
  }),
];
