import { createWflo, memoryDatabase, type Database, type Run, type Wflo } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";
import { pause } from "./support/model.ts";

let database: Database;
/** How long the next commits of steps take, in milliseconds. */
let commitMs: number;
/** How many of the next commits are saved and then reported as failed. */
let lost: number;
beforeEach(() => {
  const inner = memoryDatabase();
  commitMs = 0;
  lost = 0;
  database = {
    ...inner,
    async commitStep(commit) {
      if (commitMs > 0) await pause(commitMs);
      const verdict = await inner.commitStep(commit);
      if (lost-- > 0) throw new Error("connection reset");
      return verdict;
    },
  };
});
const client = (): Wflo => createWflo({ database, logger: false });
const stepsOf = async (id: string) => (await client().runs.get(id))?.steps.map(({ path }) => path);

/** Begins a step whose commit takes a while; returns once the commit is under way. */
async function beginCommit(run: Run<undefined>): Promise<{ readonly saved: Promise<unknown> }> {
  commitMs = 40;
  const saved = run.step("slow", () => 1);
  await pause(10);
  commitMs = 0;
  return { saved };
}

describe("a step whose commit is under way belongs before the next checkpoint:", () => {
  test("it is saved when the checkpoint is", async () => {
    await client().run({}, async (run) => {
      await run.checkpoint("first", 1);
      const { saved } = await beginCommit(run);
      await run.checkpoint("second", 2);
      expect(await stepsOf(run.id)).toEqual(["slow"]);
      const rows = await client().checkpoints.list(run.id);
      const times = [(await client().runs.get(run.id))?.steps[0]?.savedAt, rows[0]?.savedAt];
      expect(times).toEqual(times.toSorted((a, b) => Number(a) - Number(b)));
      await saved;
    });
  });

  test("a fork of the checkpoint before it does not get it later", async () => {
    await client().run({}, async (run) => {
      await run.checkpoint("first", 1);
      const { saved } = await beginCommit(run);
      const first = await run.fork("first");
      await run.checkpoint("second", 2);
      const second = await run.fork("second");
      const before = [await stepsOf(first.runId), await stepsOf(second.runId)];
      await saved;
      expect([await stepsOf(first.runId), await stepsOf(second.runId)]).toEqual(before);
      expect(before).toEqual([[], ["slow"]]);
    });
  });

  test("a rollback waits for it, and leaves it behind", async () => {
    await client().run({}, async (run) => {
      await run.checkpoint("first", 1);
      const { saved } = await beginCommit(run);
      await run.rollback("first");
      await saved;
      expect(await stepsOf(run.id)).toEqual([]);
    });
  });

  test("the state is that of when the checkpoint was asked for", async () => {
    await client().run({}, async (run) => {
      const state = { n: 1 };
      await beginCommit(run);
      const saving = run.checkpoint("state", state);
      state.n = 2;
      await saving;
      expect(await run.restore("state")).toEqual({ n: 1 });
    });
  });
});

test("a step that ends when a checkpoint waits for another step is saved after that checkpoint", async () => {
  const order: string[] = [];
  await client().run({}, async (run) => {
    const told = (name: string, work: Promise<unknown>) => work.then(() => order.push(name));
    const { saved } = await beginCommit(run);
    const checkpoint = told("checkpoint", run.checkpoint("c", 1));
    const quick = told(
      "quick",
      run.step("quick", () => 1),
    );
    await Promise.all([told("slow", saved), checkpoint, quick]);
  });
  expect(order).toEqual(["slow", "checkpoint", "quick"]);
});

test("a step that saves checkpoints and goes back inside, beside others, comes to an end", async () => {
  const inside = await client().run({}, async (run) => {
    commitMs = 5;
    const work = (key: number) =>
      run.step({ name: "work", key }, async () => {
        await run.checkpoint("in", key);
        await run.step("part", () => key);
        void run.checkpoint("later", key);
        return key;
      });
    await Promise.all([1, 2, 3].map(work));
    return run.step("back", async () => {
      await run.checkpoint("here", 0);
      await run.rollback("here");
      return run.step("part", () => "done");
    });
  });
  expect(inside).toBe("done");
});

test("a step that was saved, was reported as failed, and is tried again by the code gives what was saved", async () => {
  let tries = 0;
  const seen: unknown[] = [];
  let isFirst = true;
  const define = () =>
    client().workflow("w", async (run: Run<undefined>) => {
      const plan = () => run.step("plan", () => `plan ${++tries}`);
      seen.push(await plan().catch(plan));
      if (isFirst) throw new Error("stop");
    });
  lost = 1;
  await expect(define().run(undefined)).rejects.toThrow("stop");
  isFirst = false;
  await define().resume((await client().runs.list())[0]?.id ?? "");
  expect(seen).toEqual(["plan 1", "plan 1"]);
  expect(tries).toBe(2);
});
