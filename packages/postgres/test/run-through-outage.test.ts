import { createWflo, StoreUnavailableError, type Wflo } from "@wflo/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres } from "../src/postgres.ts";
import { startServer, type TestServer } from "./support/postgres-server.ts";

let server: TestServer;
let wflo: Wflo;
beforeAll(async () => {
  server = await startServer();
  wflo = createWflo({ database: postgres({ url: server.url }), logger: false });
});
afterAll(async () => {
  await wflo.close();
  await server.remove();
});

const ask = (meanwhile: () => Promise<void> = async () => {}) =>
  wflo.guardCall(
    { provider: "openai", model: "gpt-4.1", parts: ["hello"], maxOutputTokens: 100 },
    async () => {
      await meanwhile();
      return { value: "answered", usage: { inputTokens: 10, outputTokens: 100 } };
    },
  );

test(
  "a run whose database goes away in the middle of a call saves the step when it is back, and pays once",
  { timeout: 120_000 },
  async () => {
    const result = await wflo.run({ name: "outage", budget: "1.00" }, async (run) => {
      const first = await run.step("first", () =>
        ask(async () => {
          await server.stop();
          setTimeout(() => void server.start(), 1_500);
        }),
      );
      return [first, await run.step("second", () => ask())];
    });
    expect(result).toEqual(["answered", "answered"]);
    const [run] = await wflo.runs.list();
    const details = await wflo.runs.get(run?.id ?? "");
    expect(details).toMatchObject({ status: "completed", cost: { calls: 2, total: "0.00164" } });
    expect((await wflo.budgets.get(`run/${run?.id}`))?.windows[0]).toMatchObject({
      spent: "0.00164",
      reserved: "0.00",
    });
    expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
  },
);

test(
  "while the database is away no call is made, and a run that fails for it can be resumed",
  { timeout: 120_000 },
  async () => {
    let isAway = true;
    const flow = wflo.workflow("away", async (run) => {
      const kept = await run.step("kept", () => ask());
      if (isAway) await server.stop();
      return [kept, await run.step("rest", () => ask())];
    });
    let sent = false;
    await expect(flow.run(undefined, { budget: "1.00" })).rejects.toThrow(StoreUnavailableError);
    await expect(ask(async () => void (sent = true))).rejects.toThrow(StoreUnavailableError);
    expect(sent).toBe(false);
    isAway = false;
    await server.start();
    const [run] = await wflo.runs.list({ workflow: "away" });
    expect(await flow.resume(run?.id ?? "", { takeOver: true })).toEqual(["answered", "answered"]);
    expect((await wflo.runs.get(run?.id ?? ""))?.cost).toMatchObject({ calls: 2, total: "0.00164" });
  },
);
