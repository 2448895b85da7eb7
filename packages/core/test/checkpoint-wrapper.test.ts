import {
  checkpoint,
  createWflo,
  InvalidOptionError,
  memoryDatabase,
  NoClientError,
  trackLlmCall,
  UnsavableValueError,
  type Wflo,
} from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ANSWER_COST, MODEL } from "./support/model.ts";

let wflo: Wflo;
let told: string[];
beforeEach(() => {
  told = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void told.push(text) };
  wflo = createWflo({ database: memoryDatabase(), logger });
});
afterEach(() => wflo.close());

class Plan {
  topics = ["bees"];
  client = { fetch: () => {} };
  #secret = 1;
  get secret() {
    return this.#secret;
  }
}

class Memo {
  toJSON() {
    return { memo: true };
  }
}

/** What `run.restore("x")` gives after a wrapped function returned `result`, or was called with `args`. */
async function savedOf(fn: (...args: never[]) => unknown, ...args: unknown[]): Promise<unknown> {
  return wflo.run({}, async (run) => {
    await (checkpoint({ name: "x" })(fn) as (...all: unknown[]) => Promise<unknown>)(...args);
    return run.restore("x");
  });
}

describe("the state that is saved is", () => {
  test.each<[string, unknown, unknown]>([
    ["a plain object", { a: [1] }, { a: [1] }],
    ["a primitive", 42, 42],
    ["null", null, null],
    ["a list", ["a"], ["a"]],
    ["a Map", new Map([["a", 1]]), new Map([["a", 1]])],
    ["an instance's own data", new Plan(), { topics: ["bees"] }],
    ["what an instance says it is", new Memo(), { memo: true }],
    ["a list of instances", [new Plan()], [{ topics: ["bees"] }]],
  ])("the result: %s", async (_, result, saved) => {
    expect(await savedOf(() => result)).toStrictEqual(saved);
  });

  test("the arguments, where there is no result", async () => {
    const push = (state: { list: number[] }) => void state.list.push(1);
    expect(await savedOf(push, { list: [] })).toEqual({ list: [1] });
    expect(await savedOf(() => undefined, 1, "two")).toEqual([1, "two"]);
  });

  test("the object's own data, for a method without a result", async () => {
    class Agent {
      notes: string[] = [];
      note = checkpoint({ name: "notes" })(async function (this: Agent, text: string) {
        this.notes.push(text);
      });
    }
    await wflo.run({}, async (run) => {
      await new Agent().note("bees");
      expect(await run.restore("notes")).toEqual({ notes: ["bees"] });
    });
  });

  test("what a function of the user makes of the call", async () => {
    const state = ({ args, result }: { args: readonly unknown[]; result: unknown }) => ({
      q: args[0],
      a: result,
    });
    await wflo.run({}, async (run) => {
      await checkpoint({ name: "x", state })(async (n: number) => n * 2)(21);
      expect(await run.restore("x")).toEqual({ q: 21, a: 42 });
    });
  });
});

describe("a wrapped function", () => {
  test("keeps its name, its length, its this and its result", async () => {
    async function plan(this: unknown, a: number, b: number) {
      return [this, a + b];
    }
    const wrapped = checkpoint({ wflo })(plan);
    expect([wrapped.name, wrapped.length]).toEqual(["plan", 2]);
    const self = { id: 1 };
    expect(await wrapped.call(self, 1, 2)).toEqual([self, 3]);
    expect((await wflo.checkpoints.load("plan"))?.state).toEqual([self, 3]);
  });

  test("that throws saves nothing, and its error is the caller's", async () => {
    const fail = checkpoint({ name: "f", wflo })(async () => {
      throw new Error("mine");
    });
    await expect(fail()).rejects.toThrow("mine");
    expect(await wflo.checkpoints.load("f")).toBeUndefined();
  });

  test("whose state cannot be saved gives its result; strict, it is an error", async () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    await wflo.run({}, async (run) => {
      expect(await checkpoint({ name: "loop", state: () => loop })(async () => 7)()).toBe(7);
      expect(await run.restore("loop")).toBeUndefined();
      const strict = checkpoint({ name: "loop", strict: true, state: () => loop })(async () => 7);
      await expect(strict()).rejects.toThrow(UnsavableValueError);
    });
    expect(told.join()).toMatch(/loop\.self\S* cannot be saved: it contains itself/);
  });

  test("outside of runs saves by its client; without one it tells once, strict it throws", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const plain = checkpoint({ name: "p" })(async () => 1);
    expect([await plain(), await plain()]).toEqual([1, 1]);
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
    await expect(checkpoint({ name: "p", strict: true })(async () => 1)()).rejects.toThrow(NoClientError);
    await checkpoint({ name: "p", wflo })(async () => 2)();
    expect((await wflo.checkpoints.load("p"))?.state).toBe(2);
  });

  test("stacks with itself and with trackLlmCall: one charge, two checkpoints", async () => {
    const ask = async (question: string) => ({
      question,
      usage: { prompt_tokens: 10, completion_tokens: 100 },
    });
    const wrapped = checkpoint({ name: "outer" })(
      trackLlmCall({ ...MODEL, hold: "0.10" })(checkpoint({ name: "inner" })(ask)),
    );
    expect([wrapped.name, wrapped.length]).toEqual(["ask", 1]);
    await wflo.run({ budget: "1.00" }, async (run) => {
      await wrapped("why?");
      expect(await run.restore("inner")).toEqual(await run.restore("outer"));
      expect((await run.cost()).total).toBe(ANSWER_COST);
    });
  });

  test("needs options that can mean something", () => {
    expect(() => checkpoint({ name: "" })).toThrow(InvalidOptionError);
    expect(() => checkpoint((() => 1) as never)(1 as never)).toThrow(InvalidOptionError);
    expect(() => checkpoint({})(() => 1)).toThrow(InvalidOptionError);
  });
});

describe("checkpoint.after(agent)", () => {
  class Researcher {
    readonly name = "researcher";
    notes: string[] = [];
    #runs = 0;
    async run(topic: string) {
      this.#runs += 1;
      this.notes.push(topic);
      return `${topic} ${this.#runs}`;
    }
    count() {
      return this.#runs;
    }
  }

  test("saves what the agent is made of, and its result, each time it has run", async () => {
    const agent = checkpoint.after(new Researcher());
    await wflo.run({}, async (run) => {
      expect(await agent.run("bees")).toBe("bees 1");
      await agent.run("wasps");
      expect(await run.restore("researcher")).toEqual({
        result: "wasps 2",
        agent: { name: "researcher", notes: ["bees", "wasps"] },
      });
      expect(await run.restore({ name: "researcher", version: 1 })).toMatchObject({
        agent: { notes: ["bees"] },
      });
    });
    expect(agent).toBeInstanceOf(Researcher);
    expect(agent.count()).toBe(2);
    agent.notes = [];
    expect(agent.notes).toEqual([]);
  });

  test("is for agents that can be run", () => {
    expect(() => checkpoint.after({ name: "nothing" })).toThrow(InvalidOptionError);
  });
});
