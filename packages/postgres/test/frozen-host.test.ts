import { createWflo, type Wflo } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";
import { FreezingHost, pause } from "./support/frozen-host.ts";
import { CALL_COST, longFlow } from "./support/frozen-host-work.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();
/** In another process than the one that is frozen. */
let wflo: Wflo;
beforeEach(async () => {
  await files.query(
    "truncate wflo.budget, wflo.budget_window, wflo.hold, wflo.entry, wflo.run, wflo.step cascade",
  );
  await moveClock(0);
  wflo = createWflo({ database: files.open(), logger: false });
  await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
});

const start = (settings: { settle?: "await" | "background"; hasWaitUntil?: boolean } = {}) =>
  FreezingHost.start({ url: files.url, ...settings });
const money = async () => {
  const window = (await wflo.budgets.get("user"))?.windows[0];
  return { spent: window?.spent, isHeld: Number(window?.reserved) > 0 };
};
const runs = async () => (await wflo.runs.list()).map(({ status }) => status);
/** Long enough for what would happen by itself to happen. */
const aWhile = () => pause(300);

async function moveClock(seconds: number): Promise<void> {
  await files.query(
    "create or replace function wflo.now() returns timestamptz language sql volatile as " +
      `$$ select clock_timestamp() + interval '${seconds} seconds' $$`,
  );
}

describe.skipIf(process.platform === "win32")("on a host that stops the process after its response", () => {
  test.each(["/call", "/within"])(
    "the response of %s waits until the ledger has the charge",
    async (path) => {
      const host = await start();
      const reply = host.open(path);
      await expect.poll(money).toEqual({ spent: "0.00", isHeld: true });
      await aWhile();
      expect(reply.soFar).toBe("");
      host.say("settle");
      expect(await reply.read).toBe("answered");
      await reply.frozen;
      expect(host.isFrozen).toBe(true);
      expect(await money()).toEqual({ spent: CALL_COST, isHeld: false });
    },
  );

  test("a run is completed, and its charge in the ledger, when its response has come", async () => {
    const host = await start();
    host.say("settle");
    expect(await host.invoke("/run")).toBe("answered");
    expect(host.isFrozen).toBe(true);
    expect(await runs()).toEqual(["completed"]);
    expect(await money()).toEqual({ spent: CALL_COST, isHeld: false });
  });

  test.each(["/call", "/within"])(
    "with waitUntil the response of %s comes first, and the charge before the host stops the process",
    async (path) => {
      const host = await start({ hasWaitUntil: true });
      const reply = host.open(path);
      expect(await reply.read).toBe("answered");
      expect(await money()).toEqual({ spent: "0.00", isHeld: true });
      await aWhile();
      expect(host.isFrozen).toBe(false);
      host.say("settle");
      await reply.frozen;
      expect(host.isFrozen).toBe(true);
      expect(await money()).toEqual({ spent: CALL_COST, isHeld: false });
      expect(await runs()).toEqual(path === "/within" ? ["completed"] : []);
    },
  );

  test("what settles in the background without waitUntil is frozen too: its hold stands until it thaws", async () => {
    const host = await start({ settle: "background" });
    expect(await host.invoke("/within")).toBe("answered");
    host.say("settle");
    await aWhile();
    expect(host.isFrozen).toBe(true);
    expect(await wflo.calls.list()).toEqual([]);
    expect(await money()).toEqual({ spent: "0.00", isHeld: true });
    host.thaw();
    await host.until("returned");
    expect(await money()).toEqual({ spent: CALL_COST, isHeld: false });
  });

  test.each(["/stream", "/stream-of-run"])(
    "the last chunk of %s waits until the ledger has the charge",
    async (path) => {
      const host = await start();
      host.say("last chunk");
      const reply = host.open(path);
      await expect.poll(() => reply.soFar).toBe("ab");
      await aWhile();
      expect(reply.soFar).toBe("ab");
      expect(await money()).toEqual({ spent: "0.00", isHeld: true });
      host.say("settle");
      expect(await reply.read).toBe("abc");
      await reply.frozen;
      expect(await money()).toEqual({ spent: CALL_COST, isHeld: false });
      expect(await runs()).toEqual(path === "/stream-of-run" ? ["completed"] : []);
    },
  );

  test("an answer whose client has left is cut at once, not read on; its money is held until it is charged", async () => {
    const host = await start();
    const reply = host.open("/stream");
    await expect.poll(() => reply.soFar).toBe("ab");
    reply.leave();
    await host.until("cut");
    expect((await money()).isHeld).toBe(true);
    host.say("settle");
    await reply.frozen;
    host.thaw();
    await expect.poll(money).toMatchObject({ isHeld: false });
    expect(await wflo.calls.list()).toMatchObject([{ kind: "estimate" }]);
  });

  test.each(["/stream", "/stream-of-run"])(
    "the handler of %s whose client has left returns when the ledger has the charge",
    async (path) => {
      const host = await start();
      const reply = host.open(path);
      await expect.poll(() => reply.soFar).toBe("ab");
      reply.leave();
      await host.until("cut");
      await aWhile();
      host.say("settle");
      await reply.frozen;
      expect(await wflo.calls.list()).toMatchObject([{ kind: "estimate" }]);
      expect((await money()).isHeld).toBe(false);
      expect(await runs()).toEqual(path === "/stream-of-run" ? ["completed"] : []);
    },
  );
});

describe.skipIf(process.platform === "win32")(
  "a process that thaws after its run was resumed elsewhere",
  () => {
    const resume = async () => {
      await moveClock(60);
      const [run] = await wflo.runs.list({ status: "stale" });
      const sent: string[] = [];
      const flow = longFlow(wflo, { between: async () => {}, during: async (step) => void sent.push(step) });
      expect(await flow.resume(run?.id ?? "")).toBe("answered");
      expect(sent).toEqual(["second"]);
      return run?.id ?? "";
    };

    test("between two calls sends nothing more", async () => {
      const host = await start();
      host.say("settle");
      expect(await host.invoke("/between-calls")).toBe("accepted");
      const runId = await resume();
      host.say("go on");
      host.thaw();
      expect(await host.until("failed")).toBe("failed WFLO_RUN_SUPERSEDED");
      expect(host.told.filter((text) => text.startsWith("sent"))).toEqual(["sent first"]);
      expect(await wflo.runs.get(runId)).toMatchObject({
        status: "completed",
        cost: { calls: 2, total: "0.00164" },
      });
      expect(await money()).toEqual({ spent: "0.00164", isHeld: false });
    });

    test("in the middle of a call brings in its bill, and nothing more", async () => {
      const host = await start();
      host.say("settle");
      expect(await host.invoke("/during-call")).toBe("accepted");
      const runId = await resume();
      expect(await wflo.calls.list({ inDoubt: true })).toHaveLength(1);
      host.say("go on");
      host.thaw();
      expect(await host.until("failed")).toBe("failed WFLO_RUN_SUPERSEDED");
      expect(await wflo.calls.list({ inDoubt: true })).toEqual([]);
      expect(await wflo.runs.get(runId)).toMatchObject({
        status: "completed",
        result: "answered",
        cost: { calls: 3, total: "0.00246" },
      });
      expect(await money()).toEqual({ spent: "0.00246", isHeld: false });
      expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
    });
  },
);
