import { createWflo, memoryDatabase, type Clock, type Database, type Run } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { mortalDatabase } from "./support/mortal-database.ts";

/** Timers at once, so that what waits for a dead store gives up. */
const hasty: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(task, delayMs) {
    const timer = setTimeout(task, delayMs > 4_000 ? 2_000 : 0);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

type Pay = (name: string, value?: unknown) => Promise<unknown>;
type Code = (run: Run<undefined>, pay: Pay) => Promise<unknown>;

/** Executes code that is killed after so many writes, then resumes it; returns what it gave and the steps that were run. */
async function play(code: Code, kills: readonly number[]) {
  const database: Database = memoryDatabase();
  const ran: string[] = [];
  const start = async (on: Database) => {
    const wflo = createWflo({ database: on, logger: false, clock: hasty });
    const workflow = wflo.workflow("w", (run: Run<undefined>) =>
      code(run, (name, value = name) =>
        run.step(name, () => {
          ran.push(name);
          return value;
        }),
      ),
    );
    const [run] = await createWflo({ database, logger: false }).runs.list({ limit: 1 });
    if (run?.status === "completed") return (await wflo.runs.get(run.id))?.result;
    return run === undefined ? workflow.run(undefined) : workflow.resume(run.id, { takeOver: true });
  };
  for (const kill of kills) await start(mortalDatabase(database, kill)).catch(() => {});
  return { value: await start(database), ran };
}

/** What goes wrong when it is killed at each place once, and then a little later once more. */
async function faultsOf(code: Code, writes: number): Promise<string[]> {
  const whole = await play(code, []);
  const faults: string[] = [];
  for (let kill = 0; kill < writes; kill++) {
    for (const kills of [[kill], [kill, 1], [kill, 2]]) {
      const { value, ran } = await play(code, kills);
      const isSame = JSON.stringify(value) === JSON.stringify(whole.value);
      if (!isSame) faults.push(`killed at ${kills.join()} it gave ${JSON.stringify(value)}`);
      if (ran.length - whole.ran.length > kills.length)
        faults.push(`killed at ${kills.join()} it ran ${ran.join()}`);
    }
  }
  return faults;
}

describe("killed anywhere, code gives the same and pays for nothing twice", () => {
  test("that catches a failed step before it goes back", async () => {
    const code: Code = async (run, pay) => {
      await run.checkpoint("a", 1);
      const log: unknown[] = [];
      for (let round = 0; round < 3; round++) {
        await run.step("flaky", () => Promise.reject(new Error("no"))).catch(() => {});
        log.push(await pay("draft", round));
        if (round < 2) await run.rollback("a");
      }
      await pay("end");
      return log;
    };
    expect(await faultsOf(code, 9)).toEqual([]);
  });

  test("that goes back inside an agent", async () => {
    const code: Code = async (run, pay) => {
      const inside = await run.agent({ name: "agent" }, async () => {
        await run.checkpoint("in", 1);
        const one = await pay("one");
        await run.rollback("in");
        return [one, await pay("two"), await pay("three")];
      });
      return [inside, await pay("end")];
    };
    expect(await faultsOf(code, 9)).toEqual([]);
  });

  test("that goes back inside an agent and then again outside", async () => {
    const code: Code = async (run, pay) => {
      const log: unknown[] = [];
      await run.checkpoint("out", 0);
      for (let round = 0; round < 2; round++) {
        log.push(
          await run.agent({ name: "agent" }, async () => {
            await run.checkpoint("in", round);
            await pay("one", round);
            await run.rollback("in");
            return pay("two", round);
          }),
        );
        if (round === 0) await run.rollback("out");
      }
      log.push(await pay("end"));
      return log;
    };
    expect(await faultsOf(code, 16)).toEqual([]);
  });

  test("that goes back by the id of what it left behind", async () => {
    const code: Code = async (run, pay) => {
      await run.checkpoint("a", 0);
      await pay("x");
      const b = await run.checkpoint("b", 1);
      await pay("x2");
      await run.rollback("a");
      await pay("y");
      await run.rollback({ id: b?.id });
      return [await pay("z"), await pay("w"), await pay("v")];
    };
    expect(await faultsOf(code, 11)).toEqual([]);
  });

  test("that restores its own state in a loop and goes back to a version of it", async () => {
    const code: Code = async (run, pay) => {
      const log: unknown[] = [];
      const state = (await run.restore<{ i: number }>("s")) ?? { i: 0 };
      while (state.i < 3) {
        await run.checkpoint("s", state);
        log.push(await run.step({ name: "turn", key: state.i }, () => state.i));
        state.i++;
      }
      return [log.at(-1), await run.restore({ name: "s", version: 2 }), await pay("end")];
    };
    expect(await faultsOf(code, 8)).toEqual([]);
  });
});

test("code goes back to a checkpoint inside a step, and does what came after it again", async () => {
  const { value, ran } = await play(async (run, pay) => {
    await run.agent({ name: "agent" }, async () => {
      await pay("one");
      await run.checkpoint("in", 0);
      await pay("two");
    });
    await run.rollback("in");
    return run.agent({ name: "agent" }, async () => [await pay("one"), await pay("two")]);
  }, []);
  expect(value).toEqual(["one", "two"]);
  expect(ran).toEqual(["one", "two", "two"]);
});

test("a restore of something old hides no later checkpoint", async () => {
  const { value, ran } = await play(async (run, pay) => {
    await run.checkpoint("config", "c");
    await run.checkpoint("draft", 0);
    await pay("paid");
    await run.checkpoint("mark", 2);
    await run.checkpoint("draft", 1);
    await run.rollback("mark");
    await run.restore("config");
    await run.checkpoint("draft", 0);
    await run.rollback("draft");
    return run.restore("mark");
  }, []);
  expect(value).toBe(2);
  expect(ran).toEqual(["paid"]);
});

test("a run that fails after a rollback and some work pays for nothing again; one that fails at once begins anew", async () => {
  for (const [isAtOnce, paid] of [
    [false, ["x", "y", "z"]],
    [true, ["x", "y", "x", "y", "z"]],
  ] as const) {
    const database = memoryDatabase();
    const ran: string[] = [];
    let failures = 1;
    const wflo = createWflo({ database, logger: false });
    const workflow = wflo.workflow("w", async (run) => {
      const pay = (name: string) => run.step(name, () => void ran.push(name));
      await run.checkpoint("a", 0);
      await pay("x");
      await pay("y");
      if (!isAtOnce || failures > 0) await run.rollback("a");
      if (isAtOnce && failures-- > 0) throw new Error("stop");
      await run.step("z", () => {
        if (failures-- > 0) throw new Error("stop");
        ran.push("z");
      });
    });
    await expect(workflow.run(undefined)).rejects.toThrow("stop");
    const [run] = await wflo.runs.list({ limit: 1 });
    await workflow.resume(run?.id ?? "");
    expect(ran).toEqual(paid);
  }
});

test("a resumed run that comes past what it paid for after a rollback, and fails then, does not pay for it again", async () => {
  const ran: string[] = [];
  let failures = 2;
  const wflo = createWflo({ logger: false });
  const workflow = wflo.workflow("w", async (run) => {
    await run.checkpoint("a", 0);
    await run.step("x", () => void ran.push("x"));
    await run.rollback("a");
    await run.step("y", () => void ran.push("y"));
    if (failures-- > 0) throw new Error("stop");
  });
  await expect(workflow.run(undefined)).rejects.toThrow("stop");
  const [run] = await wflo.runs.list({ limit: 1 });
  await expect(workflow.resume(run?.id ?? "")).rejects.toThrow("stop");
  await workflow.resume(run?.id ?? "");
  expect(ran).toEqual(["x", "y"]);
});
