import type { SeededRandom } from "./seeded-random.ts";

/** A state of a walk: anything under a few names. */
export type WalkState = Record<string, unknown>;

const NAMES = ["messages", "facts", "places", "seen", "agent", "note"];

/** Changes a few parts of a state, in the ways agents change theirs. Returns it. */
export function changeState(random: SeededRandom, state: WalkState): WalkState {
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const name = random.pick(NAMES);
    if (random.below(25) === 0) delete state[name];
    else state[name] = changePart(random, name, state[name]);
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
    default:
      return part(random);
  }
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
  const key = `key ${random.below(30)}`;
  if (random.below(4) === 0) delete record[key];
  else
    record[key] =
      random.below(6) === 0
        ? changeList(
            random,
            Array.from({ length: 40 }, () => part(random)),
          )
        : part(random);
  return record;
}

function changeMap(random: SeededRandom, map: Map<unknown, unknown>): Map<unknown, unknown> {
  const key = random.pick<unknown>(["a", 1, null, true, `key ${random.below(20)}`]);
  if (random.below(4) === 0) map.delete(key);
  else map.set(key, part(random));
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
  ])();
}
