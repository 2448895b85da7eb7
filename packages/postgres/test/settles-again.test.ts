import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres } from "../src/postgres.ts";
import { startServer, type TestServer } from "./support/postgres-server.ts";
import { asks, bills } from "./support/samples.ts";

let server: TestServer;
beforeAll(async () => {
  // Commits that do not wait for the disk stay in memory until somebody else's brings them there.
  server = await startServer(["-c", "wal_writer_delay=10000"]);
});
afterAll(() => server.remove());

test(
  "a settle that a crash of the server undid is sent again, and charged once",
  { timeout: 60_000 },
  async () => {
    const database = postgres({ url: server.url, max: 2 });
    const { ledger } = database;
    await ledger.setBudget("t", { id: "b", caps: { total: 10_000n }, onExpiry: "charge", warnAt: [] });
    const calls = [asks(["b"], 100n), asks(["b"], 100n), asks(["b"], 100n)];
    for (const call of calls) expect((await ledger.reserve(call)).code).toBe("granted");
    const [first, second, third] = calls.map(({ callId }) => bills(callId, 60n));
    for (const bill of [first, second])
      expect(await ledger.settle("t", [bill as NonNullable<typeof bill>])).toMatchObject([
        { code: "settled" },
      ]);
    await server.crash();

    const spent = async () => {
      const [window] = (await ledger.getBudgets("t", ["b"]).catch(() => []))[0]?.windows ?? [];
      return [window?.spentNanoUsd, window?.reservedNanoUsd];
    };
    await expect.poll(spent, { timeout: 20_000, interval: 100 }).toEqual([120n, 100n]);
    expect(
      await ledger.settle(
        "t",
        [first, third].map((bill) => bill as NonNullable<typeof bill>),
      ),
    ).toMatchObject([
      { code: "replay", chargedNanoUsd: 60n },
      { code: "settled", chargedNanoUsd: 60n },
    ]);
    expect(await spent()).toEqual([180n, 0n]);
    expect(await ledger.reconcile("t")).toEqual([]);
    await database.close();
  },
);
