import { getEventListeners, setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { type AdapterDesk, CannotTry } from "./adapter-desk.ts";
import { readAll } from "./adapter-reading.ts";

const CALLS = 200;
const STREAMS = 50;
const AT_ONCE = 10;

/** A token of white space has any number of bytes: an answer of half a megabyte, in few pieces. */
const LARGE = { text: `x${" ".repeat(5_000)}`.repeat(100) };
const LARGE_ANSWERS = 8;
/** A quarter of what was read; code that was compiled meanwhile takes a tenth of that. */
const KEPT_BYTES = 1_000_000;

/** What is left of calls that are over, in a process that lives for months. */
export const adapterLeaksCases: readonly AdapterCase[] = [
  adapterCase("lets go of a signal that lives on when its calls and streams are over", async (desk) => {
    await desk.answers({ text: "Hello." });
    await desk.budget("100.00");
    const adapter = await desk.adapter();
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    await atOnce(CALLS, () => adapter.text("Hi", { signal }));
    await atOnce(adapter.stream ? STREAMS : 0, async () => {
      if (adapter.stream) await readAll(await adapter.stream("Hi", { signal }));
    });
    const left = () => getEventListeners(signal, "abort").length;
    await desk.waits(() => left() === 0);
    expect(left()).toBe(0);
  }),
  adapterCase("keeps nothing of the answers that it has read", async (desk) => {
    await desk.answers(LARGE);
    await desk.budget("100.00");
    const adapter = await desk.adapter();
    await expectNothingKept(desk, () => adapter.text("Hi"));
  }),
  adapterCase("keeps nothing of the streams that it has read", async (desk) => {
    await desk.answers(LARGE);
    await desk.budget("100.00");
    const stream = await desk.streaming();
    await expectNothingKept(desk, async () => readAll(await stream("Hi")));
  }),
];

async function atOnce(count: number, call: () => Promise<unknown>): Promise<void> {
  const some = async () => {
    for (let made = 0; made < count / AT_ONCE; made += 1) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}

async function expectNothingKept(desk: AdapterDesk, read: () => Promise<string>): Promise<void> {
  const reading = async () => expect((await read()).length).toBe(LARGE.text.length);
  // What the first calls leave behind is code, connections and the like.
  for (let call = 0; call < 3; call += 1) await reading();
  await desk.quiet();
  const before = await bytesInUse();
  for (let call = 0; call < LARGE_ANSWERS; call += 1) await reading();
  await desk.quiet();
  await desk.window();
  expect((await bytesInUse()) - before).toBeLessThan(KEPT_BYTES);
}

/** What is in use once nothing is left to collect: objects, and bytes outside of the heap. */
async function bytesInUse(): Promise<number> {
  const collect = garbageCollector();
  for (let round = 0; round < 3; round += 1) {
    collect();
    // What is finalised in between lets go of more.
    await sleep(10);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Node's own, which it hands out to a context that is made after the flag is set. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  if (typeof collect !== "function") throw new CannotTry("this runtime hands out no garbage collector");
  return collect as () => void;
}
