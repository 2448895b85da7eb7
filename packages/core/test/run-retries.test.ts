import { createWflo, memoryDatabase, type Database, type Run, type Wflo } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";

let database: Database;
beforeEach(() => {
  database = memoryDatabase();
});
const client = (): Wflo => createWflo({ database, logger: false });

/** Fails the first time it is asked. */
function failingOnce(): () => void {
  let isFirst = true;
  return () => {
    if (!isFirst) return;
    isFirst = false;
    throw new Error("ECONNRESET");
  };
}

describe("what failed can be tried again by the code, and what was saved inside gives its result:", () => {
  test("a step", async () => {
    const ran: string[] = [];
    const mayFail = failingOnce();
    const work = (run: Run<undefined>) =>
      run.step("outer", async () => {
        const value = await run.step("inner", () => ran.push("inner"));
        mayFail();
        return value + 1;
      });
    expect(await client().run({}, (run) => work(run).catch(() => work(run)))).toBe(2);
    expect(ran).toEqual(["inner"]);
  });

  test("an agent with steps in steps", async () => {
    const ran: string[] = [];
    const mayFail = failingOnce();
    const work = (run: Run<undefined>) =>
      run.agent({ name: "researcher", budget: "1.00" }, async () => {
        const plan = await run.step("plan", () => run.step("think", () => ran.push("think")));
        mayFail();
        return run.step("write", () => ran.push("write") + plan);
      });
    expect(await client().run({}, (run) => work(run).catch(() => work(run)))).toBe(3);
    expect(ran).toEqual(["think", "write"]);
  });
});

test("a step that still runs inside one that failed keeps its name until it is over, and then gives its result", async () => {
  const gate = Promise.withResolvers<string>();
  await client().run({}, async (run) => {
    const inner = () => run.step("inner", () => gate.promise);
    let running: Promise<unknown> | undefined;
    const failing = run.step("outer", async () => {
      running = inner();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await expect(run.step("outer", inner)).rejects.toThrow("already used");
    gate.resolve("saved once");
    await running;
    expect(await run.step("outer", inner)).toBe("saved once");
  });
});

test("a step that is tried again while it runs, as after a time-out of the code, is told to be running", async () => {
  await client().run({}, async (run) => {
    const gate = Promise.withResolvers<string>();
    const ask = () => run.step("ask", () => gate.promise);
    const first = ask();
    await expect(Promise.race([first, Promise.reject(new Error("too late"))])).rejects.toThrow("too late");
    await expect(ask()).rejects.toThrow("Step ask was already used in this run and is still running");
    gate.resolve("answered");
    expect(await first).toBe("answered");
    await expect(ask()).rejects.toThrow("Step ask was already used in this run. In a loop give each its key");
  });
});
