import { describe, expect, test } from "vitest";
import { systemClock } from "../host/system-clock.ts";
import { uuidV7Ids } from "../host/uuid-v7-ids.ts";
import { memoryDatabase } from "../memory/memory-database.ts";
import type { CheckpointPut, CheckpointStore } from "../ports/checkpoint-store.ts";
import { CheckpointEngine, type SaveRequest } from "./checkpoint-engine.ts";

const LINE = { thread: "thread/t", namespace: "" };
const SAVE: SaveRequest = {
  ...LINE,
  parentId: undefined,
  base: undefined,
  name: "state",
  step: undefined,
  kind: "save",
  fence: undefined,
};

const baseOf = (id: string | undefined) => (id === undefined ? undefined : { namespace: "", id });

/** An engine on a memory store that notes how many bytes each put brings. */
function countingEngine(): { readonly engine: CheckpointEngine; readonly bytes: number[] } {
  const store = memoryDatabase().checkpoints;
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
  const ids = uuidV7Ids(systemClock);
  return { engine: new CheckpointEngine({ tenant: "a", store: counted, ids, clock: systemClock }), bytes };
}

interface Message {
  readonly text: string;
  at: number;
  done?: boolean;
}

/** A state that all patterns find something to change in. */
function emptyState() {
  return {
    messages: [message(0)],
    facts: {} as Record<string, Message>,
    places: new Map<string, Message>(),
    seen: new Set<string>(),
    agent: { memory: { messages: [message(0)], size: 1 } },
    agents: [
      { name: "ann", messages: [] as Message[] },
      { name: "bob", messages: [] as Message[] },
    ],
    byAgent: new Map<string, Message[]>(),
    users: {} as Record<string, Message[]>,
    a: { b: { c: { d: { e: { f: { messages: [] as Message[] } } } } } },
    nested: [[[[[[] as Message[]]]]]],
    count: 0,
  };
}
type State = ReturnType<typeof emptyState>;

function message(step: number): Message {
  return { text: `message ${step} `.repeat(30), at: step };
}

/** What is done to the state at each step. */
const PATTERNS: Readonly<Record<string, (state: State, step: number) => void>> = {
  "a growing list": ({ messages }, step) => messages.push(message(step)),
  "a growing list whose first item is edited": ({ messages }, step) => {
    messages.push(message(step));
    Object.assign(messages[0] ?? {}, { at: -step });
  },
  "a growing list whose last item is edited before the next comes": ({ messages }, step) => {
    Object.assign(messages.at(-1) ?? {}, { done: true });
    messages.push(message(step));
  },
  "a growing list whose first and last items are edited": ({ messages }, step) => {
    Object.assign(messages[0] ?? {}, { at: -step });
    Object.assign(messages.at(-1) ?? {}, { done: true });
    messages.push(message(step));
  },
  "a growing list whose middle item is edited": ({ messages }, step) => {
    messages.push(message(step));
    Object.assign(messages[messages.length >> 1] ?? {}, { done: true, at: step });
  },
  "a growing list whose items are edited at random places": ({ messages }, step) => {
    messages.push(message(step));
    Object.assign(messages[(step * 7919) % messages.length] ?? {}, { at: -step });
  },
  "a growing list whose middle item is taken away": ({ messages }, step) => {
    messages.push(message(step), message(-step));
    messages.splice(messages.length >> 1, 1);
  },
  "a growing list that is turned": ({ messages }, step) => {
    messages.push(...messages.splice(0, 1), message(step));
  },
  "a sliding window": ({ messages }, step) => {
    messages.push(message(step));
    if (messages.length > 20) messages.shift();
  },
  "a list that grows at its head": ({ messages }, step) => messages.unshift(message(step)),
  "a list that grows by two at its head": ({ messages }, step) =>
    messages.unshift(message(step), message(-step)),
  "an object that gains a key": ({ facts }, step) => (facts[`key ${step}`] = message(step)),
  "a Map that gains a key": ({ places }, step) => places.set(`key ${step}`, message(step)),
  "a Set that gains an item": ({ seen }, step) => seen.add(`item ${step} `.repeat(20)),
  "a large object one of whose entries changes": ({ facts }, step) =>
    (facts[`key ${step % 40}`] = message(step)),
  "a list deep in a state": ({ agent }, step) => agent.memory.messages.push(message(step)),
  "a short list whose items grow": ({ agents }, step) => agents[step % 2]?.messages.push(message(step)),
  "a list of four whose items grow": ({ agents }, step) => {
    if (agents.length < 4) agents.push({ name: "more", messages: [] });
    agents[step % 4]?.messages.push(message(step));
  },
  "a Map whose values grow": ({ byAgent }, step) => grow(byAgent, `agent ${step % 3}`, step),
  "a Map with many values that grow": ({ byAgent }, step) => grow(byAgent, `agent ${step % 40}`, step),
  "sixty lists in an object, one of which grows": ({ users }, step) => {
    if (step === 1) for (let user = 0; user < 60; user++) users[`u${user}`] = [];
    users[`u${step % 60}`]?.push(message(step));
  },
  "twenty lists in an object, all of which grow": ({ users }, step) => {
    for (let user = 0; user < 20; user++) (users[`u${user}`] ??= []).push(message(step));
  },
  "a list seven levels deep": ({ a }, step) => a.b.c.d.e.f.messages.push(message(step)),
  "a list in lists in lists": ({ nested }, step) => nested[0]?.[0]?.[0]?.[0]?.[0]?.push(message(step)),
  "two lists and a counter": (state, step) => {
    state.messages.push(message(step));
    if (step % 2 === 0) state.agent.memory.messages.push(message(step));
    state.count = step;
  },
};

function grow(lists: Map<string, Message[]>, key: string, step: number): void {
  lists.set(key, [...(lists.get(key) ?? []), message(step)]);
}

/** The bytes stored after each of 500 steps. */
async function growthOf(change: (state: State, step: number) => void): Promise<number[]> {
  const { engine, bytes } = countingEngine();
  const state = emptyState();
  let last: string | undefined;
  for (let step = 1; step <= 500; step++) {
    change(state, step);
    ({ id: last } = await engine.save({ ...SAVE, parentId: last, base: baseOf(last) }, state));
  }
  const stored = await engine.find({ ...LINE, id: last });
  if (stored === undefined) throw new Error("the last checkpoint is not there");
  expect(engine.stateOf(stored)).toStrictEqual(state);
  let sum = 0;
  return bytes.map((size) => (sum += size));
}

describe("500 steps take less than 11 times the bytes of 50, for", () => {
  test.each(Object.entries(PATTERNS))("%s", async (_, change) => {
    const bytes = await growthOf(change);
    expect((bytes[499] ?? 0) / (bytes[49] ?? 1)).toBeLessThan(11);
  });
});

test("late steps cost no more than early ones of a growing list whose items change places at random", async () => {
  const bytes = await growthOf(({ messages }, step) => {
    messages.push(message(step + 1_000));
    messages.splice((step * 31) % messages.length, 0, ...messages.splice((step * 7919) % messages.length, 2));
  });
  const [early = 0, later = 0, late = 0, last = 0] = [49, 99, 449, 499].map((step) => bytes[step]);
  expect(last - late).toBeLessThan(1.2 * (later - early));
});

test("a list that is put in another order is named in pieces, not written again", async () => {
  const { engine, bytes } = countingEngine();
  const messages = Array.from({ length: 20 }, (_, at) => message(at));
  const { id } = await engine.save(SAVE, { messages });
  await engine.save({ ...SAVE, parentId: id, base: baseOf(id) }, { messages: messages.toReversed() });
  expect(bytes[1]).toBeLessThan(300);
});
