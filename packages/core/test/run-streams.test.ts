import { createWflo, memoryDatabase, registerPending, type Clock, type Database } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";
import { pause } from "./support/model.ts";

let database: Database;
beforeEach(() => {
  // Outlives the clients on it.
  database = { ...memoryDatabase(), close: async () => {} };
});
const statusOfLast = async () => (await createWflo({ database }).runs.list({ limit: 1 }))[0]?.status;

/** A clock that tells which timers are set. */
function watchedClock(): { readonly clock: Clock; readonly timers: Map<object, number> } {
  const timers = new Map<object, number>();
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(task, delayMs) {
      const key = {};
      const end = () => {
        timers.delete(key);
        clearTimeout(timer);
      };
      const timer = setTimeout(() => {
        end();
        task();
      }, delayMs);
      timers.set(key, delayMs);
      return end;
    },
  };
  return { clock, timers };
}
const endless = () => new ReadableStream<number>({ pull: (controller) => controller.enqueue(1) });

describe("the close of a client", () => {
  test("leaves no timer behind, whatever its runs do", async () => {
    const { clock, timers } = watchedClock();
    const wflo = createWflo({ database, logger: false, clock, drainMs: 20 });
    void wflo.run({}, () => new Promise(() => {})).catch(() => {});
    await wflo.run({}, endless);
    await pause(5);
    await wflo.close();
    expect([...timers.values()]).toEqual([]);
  });

  test("pauses a run whose stream nobody reads to its end, and ends the stream", async () => {
    const wflo = createWflo({ database, logger: false, drainMs: 20 });
    const reader = (await wflo.run({}, endless)).getReader();
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    await wflo.close();
    expect(await statusOfLast()).toBe("paused");
    await expect(reader.read()).rejects.toMatchObject({ code: "WFLO_CLIENT_CLOSED" });
  });

  test("pauses a run in a step that does not heed the signal, so that the next process need not wait", async () => {
    const wflo = createWflo({ database, logger: false, drainMs: 20 });
    const gate = Promise.withResolvers<string>();
    const running = wflo.run({ name: "deaf" }, (run) => run.step("deaf", () => gate.promise));
    const ended = running.catch((error: unknown) => error);
    await pause(5);
    await wflo.close();
    const next = createWflo({ database, logger: false });
    const [row] = await next.runs.list();
    expect(row).toMatchObject({ status: "paused", error: { code: "WFLO_CLIENT_CLOSED" } });
    expect(await next.workflow("deaf", () => "resumed").resume(row?.id ?? "")).toBe("resumed");
    gate.resolve("late");
    expect(await ended).toMatchObject({ code: "WFLO_RUN_SUPERSEDED" });
    expect(await statusOfLast()).toBe("completed");
  });

  test("called inside a run pauses that run", async () => {
    const wflo = createWflo({ database, logger: false, drainMs: 20 });
    await wflo.run({}, () => wflo.close());
    expect(await statusOfLast()).toBe("paused");
  });

  test("logs nothing afterwards of runs that show that they are alive", async () => {
    const logged: string[] = [];
    const log = (message: string) => void logged.push(message);
    const { clock } = watchedClock();
    const quick: Clock = { ...clock, schedule: (task, ms) => clock.schedule(task, ms / 100) };
    const logger = { debug: () => {}, info: () => {}, warn: log, error: log };
    const wflo = createWflo({ clock: quick, drainMs: 1_000, logger });
    void wflo.run({}, () => new Promise(() => {})).catch(() => {});
    await wflo.close();
    await pause(150);
    expect(logged).toEqual([]);
  });
});

test("a stream ends by the reason when its caller aborts the run", async () => {
  const caller = new AbortController();
  const wflo = createWflo({ database, logger: false });
  const stream = await wflo.run({ signal: caller.signal }, async function* () {
    for (;;) yield 1;
  } as () => AsyncGenerator<number>);
  await stream.next();
  caller.abort(new Error("enough"));
  await expect(stream.next()).rejects.toThrow("enough");
  await pause(5);
  expect(await statusOfLast()).toBe("failed");
});

describe("a run is failed when", () => {
  test.each(["stream", "response"])("its %s breaks off with undefined", async (kind) => {
    const source = () => new ReadableStream<Uint8Array>({ start: (controller) => controller.error() });
    const wflo = createWflo({ database, logger: false });
    const result = await wflo.run({}, () => (kind === "stream" ? source() : new Response(source())));
    const stream = result instanceof Response ? result.body : result;
    await expect(stream?.getReader().read()).rejects.toBeUndefined();
    await pause(5);
    expect(await statusOfLast()).toBe("failed");
  });

  test("its pending result ends with undefined", async () => {
    class Making {
      readonly done = Promise.withResolvers<void>();
    }
    const forget = registerPending((value) =>
      value instanceof Making ? () => value.done.promise : undefined,
    );
    const making = await createWflo({ database, logger: false }).run({}, () => new Making());
    making.done.reject();
    await pause(5);
    forget();
    expect(await statusOfLast()).toBe("failed");
  });
});
