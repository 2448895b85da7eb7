import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemClock } from "../host/system-clock.ts";
import { uuidV7Ids } from "../host/uuid-v7-ids.ts";
import { memoryDatabase } from "../memory/memory-database.ts";
import type { CheckpointPut, CheckpointStore } from "../ports/checkpoint-store.ts";
import { CheckpointEngine, type SaveRequest } from "./checkpoint-engine.ts";

const LINE = { thread: "thread/t", namespace: "" };
const NEW: SaveRequest = {
  ...LINE,
  parentId: undefined,
  baseId: undefined,
  name: "state",
  step: undefined,
  kind: "save",
  metadata: "{}",
  fence: undefined,
};

/** An engine on a store that counts the bytes it was given. */
function countedEngine(store: CheckpointStore = memoryDatabase().checkpoints) {
  const bytes: number[] = [];
  const counted: CheckpointStore = {
    ...store,
    put(put: CheckpointPut) {
      const { manifest, pieces } = put.checkpoint;
      const texts = put.elements.map(({ text }) => text.length + 20);
      bytes.push(texts.reduce((sum, size) => sum + size, 200 + manifest.length + pieces.length * 12));
      return store.put(put);
    },
  };
  const engine = new CheckpointEngine({ tenant: "a", store: counted, ids: uuidV7Ids(systemClock), clock: systemClock });
  return { engine, store, bytes };
}

/** Saves one state after the other, each the child of the one before; returns the sum of bytes after each. */
async function bytesOf(steps: number, change: (state: any, step: number) => unknown, start: unknown): Promise<number[]> {
  const { engine, bytes } = countedEngine();
  let state = start;
  let last: string | undefined;
  for (let step = 0; step < steps; step++) {
    state = change(state, step) ?? state;
    ({ id: last } = await engine.save({ ...NEW, parentId: last, baseId: last }, state));
    if (step % 100 === 99) {
      const stored = await engine.find({ ...LINE, id: last });
      expect(stored && engine.stateOf(stored)).toStrictEqual(state);
    }
  }
  let sum = 0;
  return bytes.map((size) => (sum += size));
}

const message = (step: number) => ({ role: "user", text: `message ${step} `.repeat(30), at: step });

describe("storage grows with the conversation, not with its square", () => {
  test.each<[string, (state: any, step: number) => unknown, unknown]>([
    ["a growing list", (s, i) => void s.messages.push(message(i)), { messages: [] }],
    ["a list whose first item is edited", (s, i) => { s.messages.push(message(i)); s.messages[0].at = -i; }, { messages: [message(0)] }],
    ["a list whose last item is edited before the next is added", (s, i) => { s.messages.at(-1).done = true; s.messages.push(message(i)); }, { messages: [message(0)] }],
    ["first and last edited", (s, i) => { s.messages[0].at = -i; s.messages.at(-1).done = i; s.messages.push(message(i)); }, { messages: [message(0)] }],
    ["a sliding window", (s, i) => { s.messages.push(message(i)); if (s.messages.length > 20) s.messages.shift(); }, { messages: [] }],
    ["a list that grows at its head", (s, i) => void s.messages.unshift(message(i)), { messages: [] }],
    ["two at the head", (s, i) => void s.messages.unshift(message(i), message(-i)), { messages: [] }],
    ["an edit in the middle", (s, i) => { s.messages.push(message(i)); s.messages[Math.floor(s.messages.length / 2)].note = i; }, { messages: [] }],
    ["random edits", (s, i) => { s.messages.push(message(i)); s.messages[(i * 7919) % s.messages.length].note = i; }, { messages: [] }],
    ["a map that gains a key", (s, i) => void (s.facts[`key ${i}`] = message(i)), { facts: {} }],
    ["a Map that gains a key", (s, i) => void s.facts.set(`key ${i}`, message(i)), { facts: new Map() }],
    ["a Set that gains an item", (s, i) => void s.seen.add(`item ${i}`.repeat(20)), { seen: new Set() }],
    ["a counter in a large map", (s, i) => void (s.facts[`key ${i % 40}`] = message(i)), { facts: {} }],
    ["a list in a nested state", (s, i) => void s.agent.memory.messages.push(message(i)), { agent: { memory: { messages: [], size: 1 } } }],
    ["a list as the state", (s, i) => void s.push(message(i)), []],
    ["many keys and a list", (s, i) => { s.list.push(message(i)); s.k3 = i; }, { k1: 1, k2: 2, k3: 3, k4: 4, k5: 5, k6: 6, k7: 7, k8: 8, k9: 9, list: [] }],
    ["two lists", (s, i) => { s.a.push(message(i)); if (i % 2) s.b.push(message(i)); s.n = i; }, { a: [], b: [], n: 0 }],
  ])("%s", async (name, change, start) => {
    const bytes = await bytesOf(500, change, structuredClone(start));
    const ratio = (bytes[499] ?? 0) / (bytes[49] ?? 1);
    console.log(name, ratio.toFixed(2), bytes[499]);
    expect(ratio).toBeLessThan(20);
  });
});
