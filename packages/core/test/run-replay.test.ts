import { createWflo, memoryDatabase, type Database, type Run, type Wflo } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";

let database: Database;
beforeEach(() => {
  database = memoryDatabase();
});
/** Another process: a client of its own on the same database. */
const client = (): Wflo => createWflo({ database, logger: false });
const lastRun = async () => (await client().runs.list({ limit: 1 }))[0]?.id ?? "";

/** Executes a workflow that fails, then as often as needed resumes it in other processes. Returns the id of the run. */
async function executions(
  count: number,
  fn: (run: Run<undefined>, execution: number) => unknown,
): Promise<string> {
  for (let execution = 1; execution <= count; execution++) {
    const workflow = client().workflow("w", (run: Run<undefined>) => fn(run, execution));
    const work = execution === 1 ? workflow.run(undefined) : workflow.resume(await lastRun());
    await Promise.resolve(work).catch((error: Error) => {
      if (error.message !== "stop") throw error;
    });
  }
  return lastRun();
}
const stop = () => {
  throw new Error("stop");
};
const namesOf = async (id: string) =>
  (await client().checkpoints.list(id)).map(({ name }) => name).toReversed();

describe("a resumed run does not save again what it comes past,", () => {
  test("after a tool call, in a loop, however often it is resumed", async () => {
    const id = await executions(4, async (run, execution) => {
      await run.tool("clock", () => 1);
      for (let turn = 0; turn < 4; turn++) {
        await run.step({ name: "s", key: turn }, () => turn);
        await run.checkpoint("s", { turn });
        if (turn === execution - 1 && execution < 4) stop();
      }
    });
    expect(await namesOf(id)).toEqual(["s", "s", "s", "s"]);
    expect((await client().checkpoints.load(id))?.state).toEqual({ turn: 3 });
  });

  test("in parallel branches, of which one had not saved", async () => {
    const id = await executions(2, async (run, execution) => {
      await Promise.all(
        ["a", "b"].map(async (key) => {
          await run.step({ name: "n", key }, () => key);
          if (key === "a" && execution === 1) {
            await run.step("wait for b", async () => new Promise((resolve) => setTimeout(resolve, 20)));
            stop();
          }
          await run.checkpoint("note", { key });
        }),
      );
    });
    const states = await Promise.all(
      (await client().checkpoints.list(id)).map(
        async (row) => (await client().checkpoints.load(id, { id: row.id }))?.state,
      ),
    );
    expect(states).toContainEqual({ key: "a" });
    expect(states).toContainEqual({ key: "b" });
  });

  test("inside agents", async () => {
    const id = await executions(2, async (run, execution) => {
      await Promise.all(
        ["a", "b"].map((key) =>
          run.agent({ name: "agent", key }, async () => {
            await run.checkpoint("begun", { key });
            await run.step("work", () => key);
            if (key === "b" && execution === 1) stop();
            await run.checkpoint("worked", { key });
          }),
        ),
      );
    });
    expect((await namesOf(id)).toSorted()).toEqual(["begun", "begun", "worked", "worked"]);
  });
});

describe("a resumed run saves", () => {
  test("a state that differs from what was saved there", async () => {
    const id = await executions(2, async (run, execution) => {
      await run.checkpoint("in", { feedback: execution });
      if (execution === 1) stop();
    });
    expect((await client().checkpoints.load(id, "in"))?.state).toEqual({ feedback: 2 });
  });

  test("its own next state beside one that somebody saved from outside", async () => {
    const id = await executions(1, async (run) => {
      await run.checkpoint("s", { by: "code 1" });
      stop();
    });
    await client().checkpoints.save(id, { by: "hand" }, { name: "s" });
    await client()
      .workflow("w", async (run) => {
        await run.checkpoint("s", { by: "code 1" });
        await run.checkpoint("s", { by: "code 2" });
      })
      .resume(id);
    expect((await client().checkpoints.load(id, "s"))?.state).toEqual({ by: "code 2" });
    expect(await namesOf(id)).toEqual(["s", "s", "s"]);
  });

  test("states that go to and fro, when it goes on from the one it restored", async () => {
    const id = await executions(2, async (run, execution) => {
      const state = (await run.restore<{ mode: string; n: number }>("m")) ?? { mode: "idle", n: 0 };
      for (; state.n < 3 * execution; state.n++) {
        state.mode = state.mode === "idle" ? "busy" : "idle";
        await run.checkpoint("m", { mode: state.mode, n: 0 });
      }
      if (execution === 1) stop();
    });
    // The second execution restores n = 0 and saves six more.
    expect(await namesOf(id)).toHaveLength(9);
  });
});

test("a checkpoint that nobody awaits is saved before the run is over", async () => {
  const wflo = client();
  await wflo.run({}, (run) => void run.checkpoint("last", { x: 1 }));
  expect((await wflo.checkpoints.load(await lastRun()))?.state).toEqual({ x: 1 });
});

test("a step that begins while the run is being rolled back belongs to the branch it is on afterwards", async () => {
  const id = await executions(2, async (run, execution) => {
    await run.checkpoint("start", 0);
    await run.step("a", () => 1);
    if (execution === 1) {
      const rolling = run.rollback("start");
      await Promise.all([rolling, run.step("beside", () => "kept")]);
      stop();
    }
  });
  expect((await client().runs.get(id))?.steps.map(({ path }) => path)).toContain("beside");
});

test("agents that run side by side restore their own states", async () => {
  await client().run({}, async (run) => {
    await Promise.all(
      ["a", "b"].map((key) =>
        run.agent({ name: "agent", key }, async () => {
          await run.checkpoint("mine", { key });
          await new Promise((resolve) => setTimeout(resolve, 10));
          expect(await run.restore("mine")).toEqual({ key });
        }),
      ),
    );
  });
});

describe("a fork", () => {
  test("that is rolled back to before it was forked off has the steps of there", async () => {
    const wflo = client();
    const ran: string[] = [];
    const workflow = wflo.workflow("w", async (run) => {
      for (const name of ["a", "b", "c"]) {
        await run.step(name, () => void ran.push(name));
        await run.checkpoint(name, { name });
      }
    });
    await workflow.run(undefined);
    const first = await lastRun();
    const fork = await wflo.checkpoints.fork(first, "b");
    await wflo.checkpoints.rollback(fork.runId, "a");
    expect((await wflo.runs.get(fork.runId))?.steps.map(({ path }) => path)).toEqual(["a"]);
    const again = await wflo.checkpoints.fork(fork.runId, "a");
    expect((await wflo.runs.get(again.runId))?.steps.map(({ path }) => path)).toEqual(["a"]);
    await workflow.resume(fork.runId);
    expect(ran).toEqual(["a", "b", "c", "b", "c"]);
  });
});

describe("from outside,", () => {
  test("a rollback can be undone: what was left behind is gone back to by its id", async () => {
    const id = await executions(1, async (run) => {
      await run.checkpoint("a", 1);
      await run.step("s", () => 1);
      await run.checkpoint("b", 2);
      stop();
    });
    const wflo = client();
    const [b] = await wflo.checkpoints.list(id, { name: "b" });
    await wflo.checkpoints.rollback(id, "a");
    expect((await wflo.runs.get(id))?.steps).toEqual([]);
    expect((await wflo.checkpoints.load(id, { id: b?.id ?? "" }))?.state).toBe(2);
    await wflo.checkpoints.rollback(id, { id: b?.id ?? "" });
    expect((await wflo.runs.get(id))?.steps.map(({ path }) => path)).toEqual(["s"]);
    expect((await wflo.checkpoints.load(id))?.state).toBe(2);
  });

  test("saving into a completed run at once, from several places, leaves its result alone", async () => {
    const wflo = client();
    await wflo.workflow("w", () => ({ precious: true })).run(undefined);
    const id = await lastRun();
    await Promise.all([1, 2, 3].map((n) => client().checkpoints.save(id, n, { name: "comment" })));
    expect(await wflo.runs.get(id)).toMatchObject({ status: "completed", result: { precious: true } });
    expect(await namesOf(id)).toHaveLength(3);
  });

  test("processes that save into one thread at once follow each other", async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => client().checkpoints.save("t", { n }, { name: `of ${n % 4}` })),
    );
    const rows = await client().checkpoints.list("t");
    expect(rows).toHaveLength(20);
    expect(rows.every(({ isOnBranch }) => isOnBranch)).toBe(true);
  });

  test("a state is saved as it was when it was given", async () => {
    const state = { v: 1 };
    const saving = client().checkpoints.save("t", state);
    state.v = 2;
    await saving;
    expect((await client().checkpoints.load("t"))?.state).toEqual({ v: 1 });
  });

  test.each([1, null, { verison: 1 }, { version: 0 }, { id: "" }, ""])(
    "a choice that chooses nothing is refused: %j",
    async (choice) => {
      await client().checkpoints.save("t", 1);
      await expect(client().checkpoints.load("t", choice as never)).rejects.toMatchObject({
        code: "WFLO_INVALID_OPTION",
      });
      await expect(client().checkpoints.rollback("t", choice as never)).rejects.toMatchObject({
        code: "WFLO_INVALID_OPTION",
      });
    },
  );
});
