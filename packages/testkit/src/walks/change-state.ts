import type { SeededRandom } from "./seeded-random.ts";

/** A state of a walk: anything under a few names. */
export type WalkState = Record<string, unknown>;

const NAMES = ["messages", "facts", "places", "seen", "agent", "agents", "rooms", "note", "plain"];
/** Names that mean something to an object; `__proto__` among them. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype);

/** Changes a few parts of a state, in the ways agents change theirs. Returns it. */
export function changeState(random: SeededRandom, state: WalkState): WalkState {
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const name = random.below(12) === 0 ? random.pick(INHERITED) : random.pick(NAMES);
    const old = Object.hasOwn(state, name) ? state[name] : undefined;
    if (random.below(25) === 0) delete state[name];
    else setOwn(state, name, changePart(random, name, old));
  }
  return state;
}

function changePart(random: SeededRandom, name: string, value: unknown): unknown {
  switch (name) {
    case "messages":
      return changeList(random, (value ?? []) as unknown[]);
    case "facts":
      return changeRecord(random, (value ?? {}) as Record<string, unknown>);
    case "places":
      return changeMap(random, (value ?? new Map()) as Map<unknown, unknown>);
    case "seen":
      return changeSet(random, (value ?? new Set()) as Set<unknown>);
    case "agent": {
      const agent = (value ?? { memory: { messages: [] }, turn: 0 }) as {
        memory: { messages: unknown[] };
        turn: number;
      };
      changeList(random, agent.memory.messages);
      agent.turn += 1;
      return agent;
    }
    case "agents":
      return changeAgents(random, (value ?? []) as { messages: unknown[] }[]);
    case "rooms":
      return changeRooms(random, (value ?? new Map()) as Map<string, unknown[]>);
    case "plain":
      return named(random, changeRecord(random, {}));
    default:
      return part(random);
  }
}

/** Few items that grow. */
function changeAgents(random: SeededRandom, agents: { messages: unknown[] }[]): unknown {
  if (agents.length === 0 || random.below(10) === 0) agents.push({ messages: [] });
  if (random.below(20) === 0) agents.shift();
  if (random.below(20) === 0) agents.reverse();
  for (const agent of agents) if (random.below(3) > 0) changeList(random, agent.messages);
  return agents;
}

/** Values that grow. */
function changeRooms(random: SeededRandom, rooms: Map<string, unknown[]>): unknown {
  for (let changes = random.below(3); changes >= 0; changes--) {
    const room = `${random.below(12)}`;
    const list = rooms.get(room) ?? [];
    if (random.below(4) === 0) rooms.delete(room);
    rooms.set(room, changeList(random, list));
  }
  return rooms;
}

/** A value under a name that means something to an object. */
function named(random: SeededRandom, value: unknown): object {
  const result = {};
  setOwn(result, random.pick(INHERITED), value);
  return result;
}

function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function changeList(random: SeededRandom, list: unknown[]): unknown[] {
  const at = random.below(list.length + 1);
  switch (random.below(9)) {
    case 0:
      list.splice(at, 1, part(random), part(random));
      break;
    case 1:
      list.shift();
      break;
    case 2:
      list.unshift(part(random));
      break;
    case 3:
      list.splice(at, random.below(3));
      break;
    case 4:
      list.reverse();
      break;
    case 5:
      list.push(...list.slice(0, 2));
      break;
    default:
      for (let more = random.below(12); more >= 0; more--) list.push(part(random));
  }
  return list;
}

function changeRecord(random: SeededRandom, record: Record<string, unknown>): Record<string, unknown> {
  const key = random.pick([
    `key ${random.below(30)}`,
    `key ${random.below(30)}`,
    `${random.below(30)}`,
    random.pick(INHERITED),
  ]);
  const old = Object.hasOwn(record, key) ? record[key] : undefined;
  switch (random.below(8)) {
    case 0:
      delete record[key];
      break;
    case 1:
      setOwn(
        record,
        key,
        Array.from({ length: 40 }, () => part(random)),
      );
      break;
    case 2:
      setOwn(record, key, changeList(random, Array.isArray(old) ? old : []));
      break;
    case 3:
      delete record[key];
      setOwn(record, key, part(random));
      break;
    case 4:
      return reordered(random, record);
    default:
      setOwn(record, key, part(random));
  }
  return record;
}

/** The same entries, the first ones in front or all backwards. */
function reordered(random: SeededRandom, record: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(record);
  const moved = random.below(2) === 0 ? entries.toReversed() : [...entries.splice(-1), ...entries];
  return Object.fromEntries(moved);
}

function changeMap(random: SeededRandom, map: Map<unknown, unknown>): Map<unknown, unknown> {
  const key = random.pick<unknown>(["a", 1, null, true, `key ${random.below(20)}`]);
  if (random.below(4) === 0) map.delete(key);
  else map.set(key, part(random));
  // Moved to the end; and keys that are written alike.
  if (random.below(4) === 0 && map.delete(key)) map.set(key, part(random));
  if (random.below(40) === 0) map.set({ at: new Date(1) }, part(random));
  return map;
}

function changeSet(random: SeededRandom, set: Set<unknown>): Set<unknown> {
  if (random.below(4) === 0) set.delete(`item ${random.below(20)}`);
  else set.add(`item ${random.below(20)}`);
  return set;
}

function part(random: SeededRandom): unknown {
  return random.pick<() => unknown>([
    () => `text ${random.below(1_000)}`,
    () => ({ role: "user", content: "same every time" }),
    () => ({ at: new Date(random.below(1_000_000)), tags: new Set([random.below(3)]) }),
    () => [random.below(10), Number.NaN, undefined, BigInt(random.below(100))],
    () => ({ $wflo: "date", v: random.below(10) }),
    () => Uint8Array.of(random.below(256)),
    () => null,
    () => named(random, named(random, [1, 2, 3, random.below(9)])),
    () => ({ deep: { in: { a: named(random, { of: [random.below(9), 2, 3, 4, 5] }) } } }),
  ])();
}
