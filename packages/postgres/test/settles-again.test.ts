import { createWflo, type GuardRequest } from "@wflo/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres } from "../src/postgres.ts";
import { cuttingProxy } from "./support/cutting-proxy.ts";
import { startServer, type TestServer } from "./support/postgres-server.ts";
import { asks, bills } from "./support/samples.ts";

let server: TestServer;
beforeAll(async () => {
  // Commits that do not wait for the disk stay in memory until somebody else's brings them there.
  server = await startServer(["-c", "wal_writer_delay=10000", "-c", "autovacuum=off"]);
});
afterAll(() => server.remove());

test(
  "a settle that a crash of the server undid is sent again, and charged once",
  { timeout: 120_000 },
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
    await expect.poll(spent, { timeout: 60_000, interval: 100 }).toEqual([120n, 100n]);
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

test(
  "a warning that comes due only with a settle that is sent again is told to the client whose call it was",
  { timeout: 120_000 },
  async () => {
    const proxy = await cuttingProxy(server.url);
    const client = (url: string) => {
      const wflo = createWflo({ database: postgres({ url }), logger: false });
      const shares: number[] = [];
      wflo.on("budget-warning", ({ share }) => shares.push(share));
      // Costs 0.00082.
      const call = () =>
        wflo.guardCall(request, async () => ({ value: "", usage: { inputTokens: 10, outputTokens: 100 } }));
      return { wflo, shares, call };
    };
    const [early, other] = [client(proxy.url), client(server.url)];
    await early.wflo.budgets.set({ id: "told", caps: { total: "0.005" }, warnAt: [0.3] });
    await early.call();
    await early.wflo.flush();
    proxy.admit(false);
    await server.crash();

    // While the first client is kept out, its settle is forgotten, and this one alone does not come to the share.
    const spent = async () =>
      (await other.wflo.budgets.get("told").catch(() => undefined))?.windows[0]?.spent;
    await expect.poll(spent, { timeout: 60_000 }).toBe("0.00");
    await other.call();
    await other.wflo.flush();
    expect(await spent()).toBe("0.00082");
    proxy.admit(true);
    await expect.poll(spent, { timeout: 60_000 }).toBe("0.00164");
    await expect.poll(() => early.shares).toEqual([0.3]);
    expect(other.shares).toEqual([]);
    await Promise.all([early.wflo.close(), other.wflo.close()]);
    proxy.close();
  },
);

const request: GuardRequest = {
  provider: "openai",
  model: "gpt-4.1",
  parts: ["hello"],
  maxOutputTokens: 100,
  budgets: ["told"],
};
