import { expect } from "vitest";
import { CheckpointEngine, type Database, type SaveRequest } from "@wflo/core";
import { wallClock } from "../fakes/wall-clock.ts";
import { fakeIds } from "../fakes/fake-ids.ts";
import { changeState, type WalkState } from "./change-state.ts";
import { stateDump } from "./state-dump.ts";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";

const LINE = { thread: "walk", namespace: "" };
const CHECK_EVERY = 10;

/** A save on the line of the walk; what it has in common with its parent is shared. */
export function saveOn(change: Partial<SaveRequest>): SaveRequest {
  return {
    ...LINE,
    parentId: undefined,
    base: change.parentId === undefined ? undefined : { namespace: LINE.namespace, id: change.parentId },
    name: "state",
    step: undefined,
    kind: "save",
    fence: undefined,
    ...change,
  };
}

/**
 * Three writers with memories of their own save states that grow, shrink, branch and are edited, several at once, while the thread is
 * deleted now and then. Rejects when a state that was saved since then does not come back as it was.
 */
export async function stateWalk(database: Database, seed: number, moves = 60): Promise<void> {
  const random = seededRandom(seed);
  const ids = fakeIds();
  const store = database.checkpoints;
  const engines = [1, 2, 3].map(() => new CheckpointEngine({ tenant: "acme", store, ids, clock: wallClock }));
  /** What must come back, by id; and everything that was ever saved, which a writer may still go on from. */
  const live = new Map<string, WalkState>();
  const known: [id: string, state: WalkState][] = [];
  for (let move = 0; move < moves; move++) {
    if (random.below(20) === 0) {
      await store.deleteThread("acme", LINE.thread);
      live.clear();
    }
    const saves = Array.from({ length: 1 + random.below(3) }, async () => {
      const [from, state] = known.length === 0 ? [undefined, {}] : pickRecent(random, known);
      const next = changeState(random, structuredClone(state));
      const saved = structuredClone(next);
      const { id } = await random.pick(engines).save(saveOn({ parentId: from }), next);
      live.set(id, saved);
      known.push([id, saved]);
    });
    await Promise.all(saves);
    if (move % CHECK_EVERY === CHECK_EVERY - 1)
      await expectStates(random.pick(engines), live, `seed ${seed}, move ${move}`);
  }
}

/** Most often the latest, as agents do. */
function pickRecent(random: SeededRandom, known: readonly [string, WalkState][]): [string, WalkState] {
  const back = random.below(3) === 0 ? random.below(known.length) : 0;
  return known.at(-1 - back) ?? ["", {}];
}

async function expectStates(
  engine: CheckpointEngine,
  live: ReadonlyMap<string, WalkState>,
  where: string,
): Promise<void> {
  for (const [id, state] of live) {
    const stored = await engine.find({ ...LINE, id });
    // As text: comparisons of values overlook the order of keys.
    expect(stateDump(stored && engine.stateOf(stored)), `${where}: ${id}`).toBe(stateDump(state));
  }
}
