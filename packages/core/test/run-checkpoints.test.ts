import {
  createWflo,
  memoryDatabase,
  RunAliveError,
  RunOverError,
  StepsRunningError,
  StoreUnavailableError,
  UnknownCheckpointError,
  UnsavableValueError,
  type Database,
  type Run,
  type Wflo,
} from "@wflo/core";
import { fakeClock } from "@wflo/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import { mortalDatabase } from "./support/mortal-database.ts";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

let database: Database;
let now: number;
beforeEach(() => {
  now = Date.parse("2026-11-22T12:00:00Z");
  database = memoryDatabase({ now: () => now });
});
/** Another process: a client of its own on the same database. */
const client = (): Wflo => createWflo({ database, logger: false, waitMs: 100 });
const call = (wflo: Wflo) =>
  wflo.guardCall(request({ maxOutputTokens: 200 }), async () => answer("answered"));
/** The run that was started last. */
const lastRun = async (wflo: Wflo) => (await wflo.runs.list({ limit: 1 }))[0]?.id ?? "";

describe("a checkpoint of a run", () => {
  test("gives its state back as it was, whatever the run does to it afterwards", async () => {
    const wflo = client();
    await wflo.run({}, async (run) => {
      const state = { notes: ["one"], seen: new Set(["a"]), at: new Date(1) };
      await run.checkpoint("notes", state);
      state.notes.push("two");
      const back = await run.restore<typeof state>("notes");
      expect(back).toStrictEqual({ notes: ["one"], seen: new Set(["a"]), at: new Date(1) });
      back?.notes.push("three");
      expect((await run.restore<typeof state>("notes"))?.notes).toEqual(["one"]);
    });
  });

  test("saves what was there when it was called, also when several are saved at once", async () => {
    const wflo = client();
    await wflo.run({}, async (run) => {
      const state = { step: 0 };
      const saves = [1, 2, 3].map((step) => {
        state.step = step;
        return run.checkpoint("loop", state);
      });
      state.step = 99;
      await Promise.all(saves);
      for (const version of [1, 2, 3])
        expect(await run.restore({ name: "loop", version })).toEqual({ step: version });
      expect(await run.restore()).toEqual({ step: 3 });
    });
  });

  test("is found by name, by version, by id, or as the latest; what is not there is undefined", async () => {
    const wflo = client();
    await wflo.run({}, async (run) => {
      expect(await run.restore()).toBeUndefined();
      const first = await run.checkpoint("a", 1);
      await run.checkpoint("b", "two");
      await run.checkpoint("a", 3n);
      expect(await run.restore("a")).toBe(3n);
      expect(await run.restore("b")).toBe("two");
      expect(await run.restore({ name: "a", version: 1 })).toBe(1);
      expect(await run.restore({ id: first?.id })).toBe(1);
      expect(await run.restore("c")).toBeUndefined();
      expect(await run.restore({ name: "a", version: 3 })).toBeUndefined();
    });
  });

  test("that cannot be saved is reported and breaks nothing; strict, it is an error", async () => {
    const told: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void told.push(text) };
    const wflo = createWflo({ database, logger });
    const state = { list: [1, { client: () => {} }] };
    const value = await wflo.run({}, async (run) => {
      expect(await run.checkpoint("bad", state)).toBeUndefined();
      await expect(run.checkpoint("bad", state, { strict: true })).rejects.toThrow(UnsavableValueError);
      return "went on";
    });
    expect(value).toBe("went on");
    expect(told.join()).toContain("bad.list[1].client cannot be saved: it is a function");
    const strict = wflo.workflow("s", (run) => run.checkpoint("bad", state), {
      checkpoints: { strict: true },
    });
    await expect(strict.run(undefined)).rejects.toThrow(UnsavableValueError);
  });

  test("of 100 MB, or after the run is over, is refused with a sentence", async () => {
    const wflo = client();
    const big = { notes: ["x".repeat(100 * 1024 * 1024)] };
    let late: Run<undefined> | undefined;
    await wflo.run({}, async (run) => {
      late = run;
      await expect(run.checkpoint("big", big, { strict: true })).rejects.toThrow(
        "big.notes[0] cannot be saved: it takes 101 MB, more than the 32 MB a value may have",
      );
      await expect(run.step("big", () => big)).rejects.toThrow(UnsavableValueError);
    });
    await expect(late?.checkpoint("late", 1, { strict: true })).rejects.toThrow(RunOverError);
    expect(await late?.checkpoint("late", 1)).toBeUndefined();
    expect(await wflo.checkpoints.list(late?.id ?? "")).toEqual([]);
  });

  test("is tried again while the database cannot be reached", async () => {
    let failures = 2;
    const flaky: Database = {
      ...database,
      checkpoints: {
        ...database.checkpoints,
        put: async (put) => {
          if (failures-- > 0) throw new StoreUnavailableError("away");
          return database.checkpoints.put(put);
        },
      },
    };
    const wflo = createWflo({ database: flaky, logger: false });
    await wflo.run({}, async (run) =>
      expect(await run.checkpoint("a", 1, { strict: true })).toMatchObject({ name: "a" }),
    );
  });

  test("is not saved again by a resumed run that comes past it", async () => {
    let isBroken = true;
    const define = (wflo: Wflo) =>
      wflo.workflow("w", async (run) => {
        const plan = await run.step("plan", () => ["a", "b"]);
        await run.checkpoint("plan", { plan });
        for (const key of plan) {
          await run.step({ name: "note", key }, () => key.toUpperCase());
          await run.checkpoint("noted", { key });
        }
        if (isBroken) throw new Error("broken");
        await run.step("write", () => "written");
        await run.checkpoint("noted", { key: "all" });
        return run.id;
      });
    await expect(define(client()).run(undefined)).rejects.toThrow("broken");
    isBroken = false;
    const wflo = client();
    const runId = await define(wflo).resume(await lastRun(wflo));
    const names = (await wflo.checkpoints.list(runId)).map(({ name, version }) => `${name} ${version}`);
    expect(names).toEqual(["noted 3", "noted 2", "noted 1", "plan 1"]);
  });

  test("continues a loop that restores its own state", async () => {
    let stopAt = 3;
    const done: number[] = [];
    const define = (wflo: Wflo) =>
      wflo.workflow("loop", async (run) => {
        const state = (await run.restore<{ turn: number }>("turn")) ?? { turn: 0 };
        while (state.turn < 6) {
          if (state.turn === stopAt) throw new Error("stopped");
          done.push(state.turn++);
          await run.checkpoint("turn", state);
        }
        return state.turn;
      });
    await expect(define(client()).run(undefined)).rejects.toThrow("stopped");
    stopAt = 99;
    const wflo = client();
    const id = await lastRun(wflo);
    expect(await define(wflo).resume(id)).toBe(6);
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    expect((await wflo.checkpoints.load(id, "turn"))?.state).toEqual({ turn: 6 });
    expect(await wflo.checkpoints.list(id)).toHaveLength(6);
  });

  test("is refused to a process whose run was taken over", async () => {
    const wflo = client();
    const other = client();
    let resumed: Promise<unknown> | undefined;
    const define = (on: Wflo, body: (run: Run<undefined>) => Promise<unknown>) => on.workflow("w", body);
    const first = define(wflo, async (run) => {
      await run.checkpoint("a", 1);
      resumed = define(other, async () => "taken").resume(run.id, { takeOver: true });
      await resumed;
      await run.checkpoint("a", 2);
    }).run(undefined);
    await expect(first).rejects.toMatchObject({ code: "WFLO_RUN_SUPERSEDED" });
    expect((await other.checkpoints.load(await lastRun(other)))?.state).toBe(1);
  });
});

describe("a rollback", () => {
  test("un-finishes the steps after the checkpoint, keeps the others, and keeps the money", async () => {
    const wflo = client();
    const ran: string[] = [];
    const work = (run: Run<undefined>, name: string) =>
      run.step(name, async () => {
        ran.push(name);
        return call(wflo);
      });
    await wflo.run({ budget: "1.00" }, async (run) => {
      await work(run, "plan");
      await run.checkpoint("planned", { drafts: 0 });
      await work(run, "draft");
      await run.checkpoint("drafted", { drafts: 1 });
      await work(run, "review");
      const { state, name } = await run.rollback<{ drafts: number }>("planned");
      expect([state, name]).toEqual([{ drafts: 0 }, "planned"]);
      expect(await run.restore()).toEqual({ drafts: 0 });
      expect(await run.restore("drafted")).toBeUndefined();
      await work(run, "draft");
      await expect(work(run, "plan")).rejects.toThrow("plan");
      const cost = await run.cost();
      expect(cost).toMatchObject({ total: "0.00328", abandoned: "0.00164", calls: 4, remaining: "0.99672" });
      expect(cost.branches).toMatchObject([
        { abandoned: false, from: undefined, cost: "0.00164", calls: 2 },
        { abandoned: true, from: { name: "planned" }, cost: "0.00164", calls: 2 },
      ]);
    });
    expect(ran).toEqual(["plan", "draft", "review", "draft"]);
  });

  test("holds in the next process: the resumed run skips only what is left", async () => {
    const ran: string[] = [];
    let mode: "break" | "finish" = "break";
    const define = (wflo: Wflo) =>
      wflo.workflow("w", async (run) => {
        const step = (name: string) => run.step(name, () => void ran.push(`${name} ${mode}`));
        await step("a");
        await run.checkpoint("after a", 1);
        await step("b");
        if (mode === "break") {
          await run.rollback("after a");
          throw new Error("broken");
        }
      });
    await expect(define(client()).run(undefined)).rejects.toThrow("broken");
    mode = "finish";
    const wflo = client();
    await define(wflo).resume(await lastRun(wflo));
    expect(ran).toEqual(["a break", "b break", "b finish"]);
  });

  test("from outside pauses the run, un-finishes its later steps, also of a completed run", async () => {
    const ran: string[] = [];
    const define = (wflo: Wflo) =>
      wflo.workflow("w", async (run) => {
        await run.step("a", () => void ran.push("a"));
        await run.checkpoint("mid", { x: 1 });
        return run.step("b", () => {
          ran.push("b");
          return ran.length;
        });
      });
    const wflo = client();
    expect(await define(wflo).run(undefined)).toBe(2);
    const id = await lastRun(wflo);
    expect((await wflo.checkpoints.rollback(id, "mid")).state).toEqual({ x: 1 });
    expect(await wflo.runs.get(id)).toMatchObject({
      status: "paused",
      result: undefined,
      steps: [{ path: "a" }],
    });
    expect(await define(client()).resume(id)).toBe(3);
    expect(ran).toEqual(["a", "b", "b"]);
  });

  test("from outside is refused while the run is executed, and to a checkpoint there is not", async () => {
    const wflo = client();
    const other = client();
    await wflo.run({}, async (run) => {
      await run.checkpoint("a", 1);
      await expect(other.checkpoints.rollback(run.id, "a")).rejects.toThrow(RunAliveError);
      await expect(run.rollback("b")).rejects.toThrow(UnknownCheckpointError);
      expect(await run.restore("a")).toBe(1);
    });
    const id = await lastRun(wflo);
    await expect(other.checkpoints.rollback(id, "b")).rejects.toThrow(
      `${id} has no checkpoint named "b" on its branch. wflo.checkpoints.list("${id}") shows those there are.`,
    );
    expect((await wflo.runs.get(id))?.status).toBe("completed");
  });

  test("is refused while steps run beside the one that asks, and allowed inside its own step", async () => {
    const wflo = client();
    await wflo.run({}, async (run) => {
      await run.checkpoint("start", 0);
      const slow = Promise.withResolvers<void>();
      const beside = run.step("slow", () => slow.promise);
      await expect(run.rollback("start")).rejects.toThrow(StepsRunningError);
      slow.resolve();
      await beside;
      let tries = 0;
      await run.step("outer", async () => {
        await run.checkpoint("inside", tries);
        await run.step("inner", () => ++tries);
        await run.rollback("inside");
        await run.step("inner", () => ++tries);
      });
      expect(tries).toBe(2);
    });
  });

  test("is done by itself when a run fails and the workflow says so", async () => {
    const wflo = client();
    const w = wflo.workflow(
      "w",
      async (run) => {
        await run.step("a", () => 1);
        await run.checkpoint("after a", 1);
        await run.step("b", () => 2);
        throw new Error("broken");
      },
      { checkpoints: { rollbackOnError: true } },
    );
    await expect(w.run(undefined)).rejects.toThrow("broken");
    const run = await wflo.runs.get(await lastRun(wflo));
    expect([run?.status, run?.steps.map(({ path }) => path)]).toEqual(["failed", ["a"]]);
  });
});

describe("a fork", () => {
  test("shares what was done up to the checkpoint, and pays for itself under a cap of its own", async () => {
    const ran: string[] = [];
    const define = (wflo: Wflo) =>
      wflo.workflow("w", async (run) => {
        const step = (name: string) =>
          run.step(name, async () => {
            ran.push(`${name} ${run.id === first ? "first" : "fork"}`);
            return call(wflo);
          });
        first ??= run.id;
        await step("plan");
        await run.checkpoint("planned", { topics: ["a"] });
        await step("draft");
        await run.checkpoint("drafted", { topics: ["a", "b"] });
        await step("review");
        return run.restore("drafted");
      });
    let first: string | undefined;
    const wflo = client();
    await define(wflo).run(undefined, { budget: "1.00", tags: ["t"] });
    const { runId } = await wflo.checkpoints.fork(first ?? "", "planned", { budget: "0.50" });
    expect(await wflo.runs.get(runId)).toMatchObject({
      status: "paused",
      tags: ["t"],
      forkedFrom: { runId: first },
    });
    expect((await wflo.checkpoints.load(runId))?.state).toEqual({ topics: ["a"] });
    expect(await define(client()).resume(runId)).toEqual({ topics: ["a", "b"] });
    expect(ran).toEqual(["plan first", "draft first", "review first", "draft fork", "review fork"]);
    expect(await wflo.runs.get(runId)).toMatchObject({ cost: { total: "0.00164", remaining: "0.49836" } });
    expect(await wflo.runs.get(first ?? "")).toMatchObject({ cost: { total: "0.00246" } });
    // A fork of the fork still finds what the first run did.
    const again = await wflo.checkpoints.fork(runId, "drafted");
    await define(client()).resume(again.runId);
    expect(ran.at(-1)).toBe("review fork");
    expect(ran).toHaveLength(6);
  });

  test("of an unknown checkpoint is an error and leaves no run behind", async () => {
    const wflo = client();
    await wflo.run({}, async (run) => {
      await expect(run.fork("nothing")).rejects.toThrow(UnknownCheckpointError);
    });
    expect(await wflo.runs.list()).toHaveLength(1);
  });
});

describe("wflo.checkpoints", () => {
  test("keeps states in threads of their own, found in another process", async () => {
    await client().checkpoints.save("chat/42", { messages: ["hello"] });
    await client().checkpoints.save("chat/42", { messages: ["hello", "you"] });
    const wflo = client();
    expect((await wflo.checkpoints.load<{ messages: string[] }>("chat/42"))?.state.messages).toEqual([
      "hello",
      "you",
    ]);
    expect((await wflo.checkpoints.load("chat/42", { version: 1 }))?.state).toEqual({ messages: ["hello"] });
    expect(await wflo.checkpoints.load("chat/43")).toBeUndefined();
    await wflo.checkpoints.rollback("chat/42", { version: 1 });
    expect((await wflo.checkpoints.load("chat/42"))?.state).toEqual({ messages: ["hello"] });
    expect(await wflo.checkpoints.list("chat/42")).toMatchObject([
      { kind: "rollback", isOnBranch: true, version: undefined },
      { kind: "save", isOnBranch: false },
      { kind: "save", isOnBranch: true, version: 1 },
    ]);
  });

  test("goes on after a delete in another process, and what was deleted does not come back", async () => {
    const [a, b] = [client(), client()];
    await a.checkpoints.save("t", { list: [1, 2, 3] });
    expect(await b.checkpoints.delete("t")).toBe(true);
    expect(await b.checkpoints.delete("t")).toBe(false);
    expect(await a.checkpoints.load("t")).toBeUndefined();
    await a.checkpoints.save("t", { list: [1, 2, 3, 4] });
    expect((await b.checkpoints.load("t"))?.state).toEqual({ list: [1, 2, 3, 4] });
    expect(await b.checkpoints.list("t")).toHaveLength(1);
  });

  test("saves into a run that is at rest, without changing how it ended", async () => {
    const wflo = client();
    await wflo.run({}, async (run) => run.checkpoint("a", 1));
    const id = await lastRun(wflo);
    await wflo.checkpoints.save(id, { by: "hand" }, { name: "note" });
    expect((await wflo.checkpoints.load(id))?.state).toEqual({ by: "hand" });
    expect(await wflo.runs.get(id)).toMatchObject({ status: "completed" });
  });

  test("keeps the threads of tenants apart", async () => {
    const acme = createWflo({ database, tenant: "acme", logger: false });
    const globex = createWflo({ database, tenant: "globex", logger: false });
    await acme.checkpoints.save("t", "acme's");
    expect(await globex.checkpoints.load("t")).toBeUndefined();
    await globex.checkpoints.save("t", "globex's");
    await globex.checkpoints.delete("t");
    expect((await acme.checkpoints.load("t"))?.state).toBe("acme's");
  });
});

test("the cost of a run is a tree of its agents, steps, tools and models, with what remains", async () => {
  const wflo = client();
  await wflo.run({ budget: "1.00" }, async (run) => {
    await run.agent({ name: "researcher", key: "bees", budget: "0.10" }, async () => {
      await run.step("ask", () => call(wflo));
      await run.tool("search", () => "found", { price: "0.005" });
      await expect(
        run.tool(
          "search",
          () => {
            throw Object.assign(new Error("no"), { status: 400 });
          },
          { price: "0.005" },
        ),
      ).rejects.toThrow("no");
    });
    await call(wflo);
    const cost = await run.cost();
    expect(cost).toMatchObject({ total: "0.00664", abandoned: "0.00", calls: 4, remaining: "0.99336" });
    expect(cost.tools).toMatchObject([{ name: "search", calls: 2, failures: 1, cost: "0.005" }]);
    expect(cost.models).toMatchObject([{ name: "openai/gpt-4.1", calls: 2, cost: "0.00164" }]);
    expect(cost.agents).toMatchObject([{ name: "researcher", calls: 3, cost: "0.00582" }]);
    expect(cost.tree).toMatchObject({
      kind: "run",
      cost: "0.00664",
      children: [
        {
          kind: "agent",
          name: "researcher:bees",
          cost: "0.00582",
          children: [
            {
              kind: "step",
              name: "ask",
              children: [{ kind: "model", name: "openai/gpt-4.1", cost: ANSWER_COST }],
            },
            { kind: "tool", name: "search", calls: 2 },
          ],
        },
        { kind: "model", name: "openai/gpt-4.1", cost: ANSWER_COST },
      ],
    });
  });
});

describe("a run that rolled itself back and was killed later", () => {
  /** A draft that is sent back twice, and is paid for each time. */
  function define(wflo: Wflo, paid: string[]) {
    return wflo.workflow("rounds", async (run) => {
      const pay = (name: string, value: unknown) =>
        run.step(name, () => {
          paid.push(name);
          return value;
        });
      await pay("research", ["facts"]);
      await run.checkpoint("researched", { facts: 1 });
      for (let round = 0; ; round++) {
        await pay("draft", `draft ${round}`);
        const isGood = await pay("review", round === 2);
        if (isGood) break;
        const { state } = await run.rollback<{ facts: number }>("researched");
        expect(state).toEqual({ facts: 1 });
        await pay(`advice ${round}`, round);
        await run.checkpoint("advised", { round });
      }
      await pay("publish", true);
      return run.restore("advised");
    });
  }

  test.each(Array.from({ length: 18 }, (_, kill) => kill))(
    "goes on where it was, and pays for nothing again that was saved (kill %i)",
    async (kill) => {
      const paid: string[] = [];
      const clock = fakeClock();
      const first = createWflo({ database: mortalDatabase(database, kill), logger: false, clock });
      const running = define(first, paid)
        .run(undefined)
        .catch((error: unknown) => error);
      for (let tick = 0; tick < 60; tick++) {
        clock.advance(5_000);
        await pause(0);
      }
      await running;
      const id = await lastRun(client());
      const wflo = client();
      const row = await wflo.runs.get(id);
      const value =
        row?.status === "completed" ? row.result : await define(wflo, paid).resume(id, { takeOver: true });
      expect(value).toEqual({ round: 1 });
      const all = [
        "research",
        "draft",
        "review",
        "advice 0",
        "draft",
        "review",
        "advice 1",
        "draft",
        "review",
        "publish",
      ];
      // Only what was running when it was killed runs again.
      expect(paid.length - all.length).toBeLessThanOrEqual(1);
      const cost = await wflo.runs.get(id);
      expect(cost?.status).toBe("completed");
    },
  );
});
