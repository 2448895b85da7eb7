import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { checkpoint, createWflo, InvalidOptionError, memoryDatabase, type Wflo } from "../index.ts";

let wflo: Wflo;
let told: string[];
beforeEach(() => {
  told = [];
  const logger = { error() {}, warn: (text: string) => void told.push(text) };
  wflo = createWflo({ database: memoryDatabase(), logger });
  vi.spyOn(console, "warn").mockImplementation((text: string) => void told.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  return wflo.close();
});

class Tool {
  static version = 3;
}

class Researcher {
  readonly name = "researcher";
  notes: string[] = [];
  Tool = Tool;
  #runs = 0;
  async run(topic: string) {
    this.#runs += 1;
    this.notes.push(topic);
    return `${topic} ${this.#runs}`;
  }
  ask(topic: string) {
    this.notes.push(topic);
    return topic.length;
  }
  async *chat(topic: string) {
    yield topic;
    this.notes.push(topic);
    yield this.#runs;
  }
  async generate(stream: ReadableStream) {
    this.notes.push("streamed");
    return stream;
  }
  count() {
    return this.#runs;
  }
}

/** The state of an agent as it is saved. */
const stateOf = async (of: string) => (await wflo.checkpoints.load(of))?.state;

describe("a run of an agent", () => {
  test("saves what the agent is made of, and its result, each time", async () => {
    const agent = checkpoint.after(new Researcher());
    await wflo.run({}, async (run) => {
      expect(await agent.run("bees")).toBe("bees 1");
      await agent.run("wasps");
      const state = { result: "wasps 2", agent: { name: "researcher", notes: ["bees", "wasps"] } };
      expect(await run.restore("researcher")).toEqual(state);
      expect(await run.restore({ name: "researcher", version: 1 })).toMatchObject({
        agent: { notes: ["bees"] },
      });
    });
    expect(agent).toBeInstanceOf(Researcher);
    expect(agent.count()).toBe(2);
    agent.notes = [];
    expect(agent.notes).toEqual([]);
    expect(told).toEqual([]);
  });

  test("that is synchronous gives its result at once, and is saved by the end of the run", async () => {
    const agent = checkpoint.after(new Researcher());
    let runId = "";
    await wflo.run({}, async (run) => {
      runId = run.id;
      expect(agent.ask("bees")).toBe(4);
      agent.notes.push("later");
    });
    expect(await stateOf(runId)).toEqual({ result: 4, agent: { name: "researcher", notes: ["bees"] } });
  });

  test("that is synchronous reports what went wrong outside of runs", async () => {
    const agent = checkpoint.after(new Researcher());
    expect(agent.ask("bees")).toBe(4);
    await vi.waitFor(() => expect(told.join()).toMatch(/researcher is not saved: .*no wflo/), 30_000);
  });

  test("that is synchronous is saved as it was, also by a state of the user's", async () => {
    const agent = new Researcher();
    const wrapped = checkpoint.after(agent, { wflo, state: () => ({ notes: agent.notes }) });
    wrapped.ask("bees");
    agent.notes.push("later");
    await vi.waitFor(async () => expect(await stateOf("researcher")).toEqual({ notes: ["bees"] }), 30_000);
  });

  test("that is a generator is read as ever, and saved when it has been", async () => {
    const agent = checkpoint.after(new Researcher(), { wflo });
    const parts: unknown[] = [];
    for await (const part of agent.chat("bees")) {
      parts.push(part);
      expect(await stateOf("researcher")).toBeUndefined();
    }
    expect(parts).toEqual(["bees", 0]);
    expect(await stateOf("researcher")).toEqual({ agent: { name: "researcher", notes: ["bees"] } });
  });

  test("that is a generator is saved when its reader gives up, not when it throws", async () => {
    const agent = checkpoint.after(new Researcher(), { wflo });
    const failing = agent.chat("bees");
    await expect(failing.throw(new Error("mine"))).rejects.toThrow("mine");
    await failing.next();
    expect(await stateOf("researcher")).toBeUndefined();
    for await (const _ of agent.chat("bees")) break;
    expect(await stateOf("researcher")).toMatchObject({ agent: { notes: [] } });
  });

  test("that is a synchronous generator stays one", async () => {
    const agent = {
      notes: [] as number[],
      *run() {
        yield* [1, 2];
        this.notes.push(3);
      },
    };
    expect([...checkpoint.after(agent, { name: "sync", wflo }).run()]).toEqual([1, 2]);
    await vi.waitFor(async () => expect(await stateOf("sync")).toEqual({ agent: { notes: [3] } }), 30_000);
  });

  test("that returns a stream returns that very stream, unread", async () => {
    const agent = checkpoint.after(new Researcher(), { wflo });
    const stream = new ReadableStream();
    expect(await agent.generate(stream)).toBe(stream);
    expect(stream.locked).toBe(false);
    await vi.waitFor(
      async () => expect(await stateOf("researcher")).toMatchObject({ agent: { notes: ["streamed"] } }),
      30_000,
    );
  });

  test("whose promise can do more keeps that, and is asked for its value once", async () => {
    class Request extends Promise<number> {
      id() {
        return "req-1";
      }
    }
    const request = new Request((resolve) => resolve(7));
    const asked = vi.spyOn(request, "then");
    const running = checkpoint.after({ notes: 1, run: () => request }, { name: "lazy", wflo }).run();
    expect(running).toBeInstanceOf(Request);
    expect(running.id()).toBe("req-1");
    expect(asked).not.toHaveBeenCalled();
    expect([await running, await running.finally()]).toEqual([7, 7]);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(await stateOf("lazy")).toEqual({ result: 7, agent: { notes: 1 } });
  });

  test("that fails has its own error, and is not saved", async () => {
    const agent = checkpoint.after(
      {
        run: () => {
          throw new Error("mine");
        },
      },
      { name: "f", wflo },
    );
    expect(() => agent.run()).toThrow("mine");
    expect(await stateOf("f")).toBeUndefined();
  });

  test("without readable data in the agent says so", async () => {
    class Closed {
      #notes = ["a"];
      async run() {
        return this.#notes.length;
      }
    }
    await checkpoint.after(new Closed(), { name: "closed", wflo }).run();
    expect(await stateOf("closed")).toEqual({ result: 1 });
    expect(told).toEqual([expect.stringMatching(/saved without closed\.agent /)]);
    await expect(checkpoint.after(new Closed(), { strict: true, wflo }).run()).rejects.toMatchObject({
      path: "Closed.agent",
    });
  });
});

describe("an agent", () => {
  test("that is a function is saved when it is called", async () => {
    const agent = checkpoint.after(
      Object.assign(async (n: number) => n * 2, { notes: ["a"] }),
      { name: "fn", wflo },
    );
    expect(await agent(21)).toBe(42);
    expect(await stateOf("fn")).toEqual({ result: 42, agent: { notes: ["a"] } });
    await agent.call(undefined, 1);
    expect(await stateOf("fn")).toMatchObject({ result: 2 });
  });

  test("keeps its types, the identity of its properties and what replaces its methods", async () => {
    const original = new Researcher();
    const agent = checkpoint.after(original, { wflo });
    expectTypeOf(agent).toEqualTypeOf<Researcher>();
    expect(agent.Tool).toBe(Tool);
    expect([agent.Tool.version, new agent.Tool()]).toEqual([3, new Tool()]);
    expect(Reflect.get(agent, "run")).toBe(Reflect.get(agent, "run"));
    await agent.run("bees");
    original.run = async () => "other";
    expect(await agent.run("bees")).toBe("other");
  });

  test("that is frozen works if its methods are its class's, else it is refused by a sentence", async () => {
    const agent = checkpoint.after(Object.freeze(new Researcher()), { wflo });
    expect(await agent.run("bees")).toBe("bees 1");
    const own = { run: async () => 1 };
    const wrapped = checkpoint.after(own, { wflo });
    Object.freeze(own);
    expect(() => wrapped.run()).toThrow(InvalidOptionError);
    expect(() => checkpoint.after(own)).toThrow(/cannot wrap run of an agent that is frozen/);
  });

  test.each<[unknown, RegExp]>([
    [null, /takes an agent, not null/],
    [undefined, /takes an agent, not undefined/],
    [5, /takes an agent, not number/],
    ["agent", /takes an agent, not string/],
    [{ name: "nothing" }, /one of the methods/],
    [Researcher, /one of the methods/],
  ])("is no %s", (value, sentence) => {
    expect(() => checkpoint.after(value as object)).toThrow(InvalidOptionError);
    expect(() => checkpoint.after(value as object)).toThrow(sentence);
  });

  test("needs options that can mean something", () => {
    expect(() => checkpoint.after(new Researcher(), null as never)).toThrow(InvalidOptionError);
    expect(() => checkpoint.after(new Researcher(), { state: 1 } as never)).toThrow(/is a function/);
  });
});
