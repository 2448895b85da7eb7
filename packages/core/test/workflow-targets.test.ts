import { createWflo, currentRun, InvalidOptionError, registerTarget, type Wflo } from "@wflo/core";
import { fakeClock } from "@wflo/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, pause, request } from "./support/model.ts";

let wflo: Wflo;
beforeEach(() => {
  wflo = createWflo({ logger: false, drainMs: 100 });
});
afterEach(() => wflo.close());
const readAll = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const parts: T[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
};
const statusOfLast = async () => (await wflo.runs.list({ limit: 1 }))[0]?.status;

describe("a workflow is made of", () => {
  test("an object with kickoff, which keeps its this and runs inside the run", async () => {
    const crew = {
      members: 2,
      async kickoff(input: { topic: string }) {
        return `${this.members} on ${input.topic} in ${currentRun()?.workflow}`;
      },
    };
    const workflow = wflo.workflow("crew", crew);
    expect(await workflow.run({ topic: "bees" })).toBe("2 on bees in crew");
    expect(await wflo.workflow("sync", { kickoff: (n: number) => n + 1 }).run(1)).toBe(2);
  });

  test("an object with invoke", async () => {
    expect(await wflo.workflow("chain", { invoke: async (n: number) => n * 2 }).run(4)).toBe(8);
  });

  test("an object with generate", async () => {
    const agent = { name: "a", generate: async ({ prompt }: { prompt: string }) => `${prompt}!` };
    expect(await wflo.workflow("agent", agent).run({ prompt: "Hi" })).toBe("Hi!");
  });

  test("what a package has registered, before anything else", async () => {
    class Graph {
      readonly nodes = ["a"];
      invoke() {
        throw new Error("not this way");
      }
    }
    const unregister = registerTarget((target) =>
      target instanceof Graph ? async (run) => `${run.id.length} ${target.nodes.join()}` : undefined,
    );
    expect(await wflo.workflow("graph", new Graph()).run(undefined)).toBe("36 a");
    unregister();
    await expect(wflo.workflow("graph", new Graph()).run(undefined)).rejects.toThrow("not this way");
  });

  test("nothing else", () => {
    for (const target of [{}, null, "text", 1, { invoke: 3 }]) {
      expect(() => wflo.workflow("w", target as never)).toThrow(InvalidOptionError);
    }
  });
});

describe("a run that returns a stream is over when the stream is:", () => {
  async function* words() {
    yield await wflo.guardCall(request({ maxOutputTokens: 200 }), async () =>
      answer(`in ${currentRun()?.workflow}`),
    );
    yield "two";
  }

  test("an async generator, whose calls belong to the run", async () => {
    const stream = await wflo.workflow("g", () => words()).run(undefined);
    expect(await statusOfLast()).toBe("running");
    const read: string[] = [];
    for await (const word of stream) read.push(word);
    expect(read).toEqual(["in g", "two"]);
    const [run] = await wflo.runs.list();
    expect(run?.status).toBe("completed");
    expect((await wflo.runs.get(run?.id ?? ""))?.cost.calls).toBe(1);
  });

  test("a reader that stops early", async () => {
    const stream = await wflo.workflow("g", () => words()).run(undefined);
    for await (const _ of stream) break;
    expect(await statusOfLast()).toBe("completed");
  });

  test("a stream that breaks fails the run", async () => {
    const stream = await wflo
      .workflow("g", async function* () {
        yield 1;
        throw new Error("broke");
      } as () => AsyncGenerator<number>)
      .run(undefined);
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow("broke");
    expect(await statusOfLast()).toBe("failed");
  });

  test("a ReadableStream, read or cancelled", async () => {
    const make = () =>
      wflo.workflow("r", () => ReadableStream.from(["a", "b"]) as ReadableStream<string>).run(undefined);
    expect(await readAll(await make())).toEqual(["a", "b"]);
    expect(await statusOfLast()).toBe("completed");
    await (await make()).cancel("enough");
    expect(await statusOfLast()).toBe("completed");
  });

  test("a ReadableStream left while a read of it was open, once it is cancelled", async () => {
    const cancelled = Promise.withResolvers<void>();
    const source = new ReadableStream<string>({
      start: (controller) => controller.enqueue("a"),
      cancel: () => cancelled.promise,
    });
    const reader = (await wflo.workflow("r", () => source).run(undefined)).getReader();
    await reader.read();
    const open = reader.read();
    await pause(5);
    const left = reader.cancel();
    expect(await open).toMatchObject({ done: true });
    await pause(5);
    expect(await statusOfLast()).toBe("running");
    cancelled.resolve();
    await left;
    expect(await statusOfLast()).toBe("completed");
  });

  test("a Response with a body, its status and headers kept", async () => {
    const response = await wflo
      .workflow("r", () => new Response("hello", { status: 201, headers: { "x-a": "b" } }))
      .run(undefined);
    expect([response.status, response.headers.get("x-a")]).toEqual([201, "b"]);
    expect(await statusOfLast()).toBe("running");
    expect(await response.text()).toBe("hello");
    expect(await statusOfLast()).toBe("completed");
  });

  test("an object of an SDK stays the object it is", async () => {
    class SdkStream {
      #secret = "kept";
      async *[Symbol.asyncIterator]() {
        yield this.#secret;
      }
      secret() {
        return this.#secret;
      }
    }
    const stream = await wflo.workflow("s", () => new SdkStream()).run(undefined);
    expect(stream).toBeInstanceOf(SdkStream);
    expect(stream.secret()).toBe("kept");
    expect(await readAll(stream)).toEqual(["kept"]);
    expect(await statusOfLast()).toBe("completed");
  });

  test("one that nobody reads ends after ten minutes", async () => {
    const clock = fakeClock();
    const own = createWflo({ clock, logger: false });
    await own.workflow("g", () => words()).run(undefined);
    clock.advance(601_000);
    await pause(5);
    const [run] = await own.runs.list();
    expect([run?.status, run?.error?.message]).toEqual([
      "failed",
      "The stream that the run returned was not read for 10 minutes.",
    ]);
  });
});

test("a run has a trace id: its own, that of the run around, or the one it is given", async () => {
  const given = "0af7651916cd43dd8448eb211c80319c";
  await wflo
    .workflow("outer", (run) => wflo.run({ name: "inner" }, () => run.id))
    .run(undefined, { traceId: given });
  const runs = await wflo.runs.list();
  expect(runs.map(({ traceId }) => traceId)).toEqual([given, given]);
  await wflo.run({}, () => 1);
  const [own] = await wflo.runs.list({ limit: 1 });
  expect(own?.traceId).toBe(own?.id.replaceAll("-", ""));
  await expect(wflo.run({ traceId: "x" }, () => 1)).rejects.toThrow(InvalidOptionError);
});

test("runs are listed by tag and by time, a page at a time", async () => {
  for (const tag of ["a", "b", "a"]) await wflo.run({ tags: [tag, "all"] }, () => tag);
  expect(await wflo.runs.list({ tag: "a" })).toHaveLength(2);
  const [newest] = await wflo.runs.list({ tag: "all", limit: 1 });
  expect(await wflo.runs.list({ tag: "all", before: newest?.id })).toHaveLength(2);
  expect(await wflo.runs.list({ since: new Date(Date.now() + 60_000) })).toHaveLength(0);
  expect(newest?.durationMs).toBeGreaterThanOrEqual(0);
});

test("a resumed run whose code changed tells which saved steps it did not come past", async () => {
  const told: string[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void told.push(text) };
  const own = createWflo({ logger });
  const unused: string[][] = [];
  own.on("steps-unused", ({ steps }) => void unused.push([...steps]));
  let version = 1;
  const workflow = own.workflow("w", async (run) => {
    await run.step("same", async () => run.step("inner", () => 1));
    if (version === 1) {
      await run.step("old", () => 1);
      throw new Error("broken");
    }
    await run.step("new", () => 1);
  });
  await expect(workflow.run(undefined)).rejects.toThrow("broken");
  version = 2;
  await workflow.resume((await own.runs.list())[0]?.id ?? "");
  expect(unused).toEqual([["old"]]);
  expect(told.join()).toContain("1 of its saved steps (old)");
});
