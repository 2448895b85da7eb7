import { createWflo, isBudgetExceeded, memoryDatabase, type Database, type Run, type Wflo } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";

let database: Database;
beforeEach(() => {
  database = memoryDatabase();
});
/** Another process: a client of its own on the same database. */
const client = (on: Database = database): Wflo => createWflo({ database: on, logger: false });
const lastRun = async () => (await client().runs.list({ limit: 1 }))[0]?.id ?? "";

/** Executes code that is stopped at its end, then resumes it in another process. Returns what the second execution gave. */
async function twice<T>(code: (run: Run<undefined>) => Promise<T>, on = database): Promise<T> {
  let isFirst = true;
  const define = () =>
    client(on).workflow("w", async (run: Run<undefined>) => {
      const value = await code(run);
      if (isFirst) throw new Error("stop");
      return value;
    });
  await expect(define().run(undefined)).rejects.toThrow("stop");
  isFirst = false;
  return define().resume(await lastRun());
}

/** A database as an older version of wflo left it: its rollbacks say nothing of what had failed. */
function withoutFailures(inner: Database): Database {
  const put: Database["checkpoints"]["put"] = (given) => {
    const { failed: _, ...notes } = JSON.parse(given.checkpoint.metadata) as Record<string, unknown>;
    return inner.checkpoints.put({
      ...given,
      checkpoint: { ...given.checkpoint, metadata: JSON.stringify(notes) },
    });
  };
  return { ...inner, checkpoints: { ...inner.checkpoints, put } };
}

/** Code that goes back to its checkpoint until a step succeeds, which it does the second time. */
function untilItWorks(ran: string[], thrown: () => unknown = () => new Error("503")) {
  let isDown = true;
  return async (run: Run<undefined>): Promise<readonly unknown[]> => {
    await run.checkpoint("start", 0);
    for (const seen: unknown[] = []; ; await run.rollback("start")) {
      try {
        const page = await run.step("fetch", () => {
          ran.push("fetch");
          if (!isDown) return `page ${ran.length}`;
          isDown = false;
          throw thrown();
        });
        return [...seen, page, await run.step("sum", () => ran.push("sum") && `sum of ${page}`)];
      } catch (error) {
        seen.push(error);
      }
    }
  };
}

describe("a step that failed before the code went back, and succeeded after it,", () => {
  test("fails on resume as it did, and is not run again", async () => {
    const ran: string[] = [];
    const [error, ...rest] = await twice(untilItWorks(ran));
    expect(error).toEqual(new Error("503"));
    expect(rest).toEqual(["page 2", "sum of page 2"]);
    expect(ran).toEqual(["fetch", "fetch", "sum"]);
  });

  test("keeps its saved result even where an older version of wflo did not record the failure", async () => {
    const ran: string[] = [];
    expect(await twice(untilItWorks(ran), withoutFailures(database))).toEqual(["page 2", "sum of page 2"]);
    const steps = (await client().runs.get(await lastRun()))?.steps;
    expect(steps?.map(({ result }) => result)).toEqual(["page 2", "sum of page 2"]);
  });

  test("does so in a fork of a later checkpoint too", async () => {
    const ran: string[] = [];
    const code = untilItWorks(ran);
    const workflow = client().workflow("w", async (run: Run<undefined>) => {
      const value = await code(run);
      await run.checkpoint("done", value.at(-1));
      return value.at(-1);
    });
    await workflow.run(undefined);
    const { runId } = await client().checkpoints.fork(await lastRun(), "done");
    expect(await workflow.resume(runId)).toBe("sum of page 2");
    expect(ran).toEqual(["fetch", "fetch", "sum"]);
  });
});

describe("a failure is told again", () => {
  test.each([
    ["of a class, with its name and code", Object.assign(new TypeError("odd"), { code: "E_ODD" })],
    ["that cannot be saved whole", Object.assign(new RangeError("odd"), { code: "E_ODD", retry: () => {} })],
    ["that is very long", Object.assign(new Error("odd"), { code: "E_ODD", body: "x".repeat(20_000) })],
  ])("%s", async (_, thrown) => {
    const [error] = await twice(untilItWorks([], () => thrown));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: thrown.name, message: "odd", code: "E_ODD" });
  });

  test("that was for want of money, so that isBudgetExceeded knows it", async () => {
    const refused = Object.assign(new Error("no money"), { code: "WFLO_BUDGET_EXCEEDED", extra: () => {} });
    const [error] = await twice(untilItWorks([], () => refused));
    expect(isBudgetExceeded(error)).toBe(true);
  });

  test("as often as it occurred, in order", async () => {
    let tries = 0;
    const seen = await twice(async (run) => {
      const errors: string[] = [];
      await run.checkpoint("start", 0);
      for (let round = 0; round < 2; round++) {
        const attempt = () =>
          run.step("flaky", () => {
            if (++tries <= 2) throw new Error(`try ${tries}`);
            return tries;
          });
        const note = (error: Error) => void errors.push(error.message);
        for (let n = 0; n < 3; n++) if ((await attempt().catch(note)) !== undefined) break;
        if (round === 0) await run.rollback("start");
      }
      return errors;
    });
    expect(seen).toEqual(["try 1", "try 2"]);
    expect(tries).toBe(4);
  });

  test.each(["while the step that went back runs", "after it"])(
    "inside a step that was tried again, %s",
    async (when) => {
      let tries = 0;
      const inner = (run: Run<undefined>) =>
        run.step("inner", () => {
          if (++tries <= 2) throw new Error(`try ${tries}`);
          return tries;
        });
      let isFirst = true;
      const seen: unknown[] = [];
      const define = () =>
        client().workflow("w", async (run: Run<undefined>) => {
          await run.checkpoint("start", 0);
          await run.step("outer", () => inner(run)).catch((error: Error) => seen.push(error.message));
          const value = await run.step("outer", async () => {
            const failure = await inner(run).catch((error: Error) => error.message);
            if (typeof failure === "string") await run.rollback("start");
            const last = await inner(run);
            if (isFirst && when !== "after it") throw new Error("stop");
            return [failure, last];
          });
          if (isFirst) throw new Error("stop");
          return value;
        });
      await expect(define().run(undefined)).rejects.toThrow("stop");
      isFirst = false;
      expect(await define().resume(await lastRun())).toEqual(["try 2", 3]);
      expect([seen, tries]).toEqual([["try 1", "try 1"], 3]);
    },
  );
});
