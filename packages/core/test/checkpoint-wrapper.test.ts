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
/** What was said on the console, where wrappers report. */
let warned: () => string[];
beforeEach(() => {
  told = [];
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  warned = () => warn.mock.calls.map(([text]) => String(text));
  const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void told.push(text) };
  wflo = createWflo({ database: memoryDatabase(), logger });
});
afterEach(() => {
  vi.restoreAllMocks();
  return wflo.close();
});

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

class Message {
  text = "hello";
  sent = new Date(5);
}

class Memory {
  messages = [new Message()];
  apiKey = "sk-1";
}

describe("of a state that is not plain", () => {
  const message = { text: "hello", sent: new Date(5) };

  test.each<[string, unknown, unknown]>([
    ["instances in plain data", { messages: [new Message()] }, { messages: [message] }],
    ["instances in instances", { memory: new Memory() }, { memory: { messages: [message] } }],
    ["what is beside a method", { plan: 1, note: { text: "a", cb() {} } }, { plan: 1, note: { text: "a" } }],
    ["a plain result's own secrets", { apiKey: "mine" }, { apiKey: "mine" }],
  ])("%s are saved", async (_, result, saved) => {
    expect(await savedOf(() => result)).toStrictEqual(saved);
  });

  test("the object's instances are saved, its secrets and its client are not", async () => {
    class Agent {
      memory = new Memory();
      token = "t";
      maxTokens = 5;
      client = { fetch() {}, headers: { Authorization: "Bearer" } };
      note = checkpoint({ name: "notes" })(async function (this: Agent) {});
    }
    await wflo.run({}, async (run) => {
      await new Agent().note();
      expect(await run.restore("notes")).toStrictEqual({ memory: { messages: [message] }, maxTokens: 5 });
    });
  });

  test("what was left out is told once for each wrapper, with its paths", async () => {
    const live = { note: "n", stream: new ReadableStream(), me: undefined as unknown, memory: new Memory() };
    live.me = live;
    const wrapped = checkpoint({ name: "x" })(() => live);
    await wflo.run({}, async (run) => {
      await wrapped();
      await wrapped();
      expect(await run.restore("x")).toStrictEqual({ note: "n", memory: { messages: [message] } });
    });
    expect(warned()).toEqual([
      expect.stringMatching(
        /checkpoint x is saved without x\.stream \(.*ReadableStream\), x\.me \(it contains itself\), x\.memory\.apiKey/,
      ),
    ]);
  });

  test.each<[string, unknown, string]>([
    ["a stream", { a: { b: [new ReadableStream()] } }, "x.a.b[0]"],
    ["a secret", { memory: new Memory() }, "x.memory.apiKey"],
    ["an instance that shows nothing", { hidden: new WeakMap() }, "x.hidden"],
    ["a symbol", { s: Symbol("s") }, "x.s"],
  ])("strict, to leave out %s is an error, and nothing is saved", async (_, result, path) => {
    await wflo.run({}, async (run) => {
      const strict = checkpoint({ name: "x", strict: true })(() => result);
      await expect(strict()).rejects.toMatchObject({ code: "WFLO_UNSAVABLE_VALUE", path });
      expect(await run.restore("x")).toBeUndefined();
    });
  });

  test("strict, methods are left out all the same", async () => {
    await wflo.run({}, async (run) => {
      await checkpoint({ name: "x", strict: true })(() => ({ text: "a", cb() {} }))();
      expect(await run.restore("x")).toEqual({ text: "a" });
    });
  });

  test.each<[string, unknown]>([
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a client", new EventTarget()],
    ["an instance with private fields only", new WeakMap()],
  ])("a result that is %s is reported, and nothing else is saved in its place", async (_, result) => {
    expect(await savedOf(() => result, "an argument")).toBeUndefined();
    expect(warned()).toEqual([expect.stringMatching(/checkpoint x is not saved: .*x cannot be saved/)]);
    const strict = checkpoint({ name: "x", strict: true, wflo })(() => result);
    await expect(strict()).rejects.toThrow(UnsavableValueError);
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
    const plain = checkpoint({ name: "p" })(async () => 1);
    expect([await plain(), await plain()]).toEqual([1, 1]);
    expect(warned()).toHaveLength(1);
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

  test("in a run that is strict fails when its state cannot be saved, unless it says otherwise itself", async () => {
    const unsavable = { name: "x", state: () => Symbol("none") };
    const work = (strict?: boolean) =>
      wflo.run({ checkpoints: { strict: true } }, () => checkpoint({ ...unsavable, strict })(() => 7)());
    await expect(work()).rejects.toThrow(UnsavableValueError);
    expect(await work(false)).toBe(7);
  });

  test("passes streams and generators on as they are, and saves the arguments", async () => {
    const stream = new ReadableStream();
    async function* chat(question: string) {
      yield `${question}!`;
    }
    await wflo.run({}, async (run) => {
      expect(
        await checkpoint({ name: "s" })(async (...asked: { q: string }[]) => asked.length === 1 && stream)({
          q: "why?",
        }),
      ).toBe(stream);
      expect(await run.restore("s")).toEqual({ q: "why?" });
      for await (const part of await checkpoint({ name: "chat" })(chat)("how?")) expect(part).toBe("how?!");
      expect(await run.restore("chat")).toBe("how?");
      const state = ({ args }: { args: readonly unknown[] }) => ({ asked: args });
      await checkpoint({ name: "s", state })(() => stream)();
      expect(await run.restore("s")).toEqual({ asked: [] });
    });
    expect(stream.locked).toBe(false);
    expect(warned()).toEqual([]);
  });

  test("needs options that can mean something", () => {
    expect(() => checkpoint({ name: "" })).toThrow(InvalidOptionError);
    expect(() => checkpoint((() => 1) as never)(1 as never)).toThrow(InvalidOptionError);
    expect(() => checkpoint({})(() => 1)).toThrow(InvalidOptionError);
    const refused: readonly (readonly [unknown, RegExp])[] = [
      [null, /options first/],
      [[], /options first/],
      [{ state: {} }, /state of checkpoint is a function/],
      [{ strict: "yes" }, /true, false, or left out/],
      [{ wflo: null }, /wflo of checkpoint is a client/],
      [{ wflo: { checkpoints: {} } }, /wflo of checkpoint is a client/],
    ];
    for (const [options, sentence] of refused) {
      expect(() => checkpoint(options as never)).toThrow(InvalidOptionError);
      expect(() => checkpoint(options as never)).toThrow(sentence);
    }
  });
});
