import { createWflo, memoryDatabase, type Clock, type Database, type Run, type Wflo } from "@wflo/core";
import { expect, test } from "vitest";
import { mortalDatabase } from "./support/mortal-database.ts";

/** A piece of work that is done over a few times: what comes after its checkpoint is rolled back by itself. */
interface Stage {
  readonly rounds: number;
  readonly parallel: number;
  /** Goes back to the checkpoint of an earlier stage instead of its own. */
  readonly back: number;
  readonly isAgent: boolean;
}

/** The same numbers for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) | 0;
    return Math.abs(state) % below;
  };
}

function stagesOf(seed: number): Stage[] {
  const next = numbers(seed);
  return Array.from({ length: 1 + next(3) }, (_, at) => ({
    rounds: next(3),
    parallel: 1 + next(3),
    back: at === 0 ? 0 : next(2),
    isAgent: next(2) === 0,
  }));
}

/** Does the stages; a stage that goes back to the one before does that one's work again too. */
function define(wflo: Wflo, stages: readonly Stage[], ran: string[]) {
  return wflo.workflow("walk", async (run: Run<undefined>) => {
    const log: string[] = [];
    let advices = 0;
    const left = stages.map(({ rounds }) => rounds);
    const work = (name: string, value: string) =>
      run.step(name, () => {
        ran.push(name);
        return value;
      });
    for (let at = 0; at < stages.length; at++) {
      const stage = stages[at];
      if (stage === undefined) break;
      await run.checkpoint(`stage ${at}`, { at, left: [...left] });
      const round = left[at] ?? 0;
      const parts = await Promise.all(
        Array.from({ length: stage.parallel }, (_, part) =>
          stage.isAgent
            ? run.agent({ name: `agent ${at}`, key: part }, async () => {
                await run.checkpoint("begun", { at, part, round });
                return work("inner", `${at}.${part} in ${round}`);
              })
            : work(`part ${at}.${part}`, `${at}.${part} in ${round}`),
        ),
      );
      log.push(...parts);
      if (round === 0) continue;
      left[at] = round - 1;
      at -= stage.back;
      await run.rollback(`stage ${at}`);
      log.push(await work(`advice ${++advices}`, `advised ${round}`));
      at -= 1;
    }
    const states = await Promise.all(stages.map((_, at) => run.restore(`stage ${at}`)));
    return { log, states };
  });
}

/** Timers at once, so that what waits for a dead store gives up. */
const hasty: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(task, delayMs) {
    const timer = setTimeout(task, Math.min(delayMs, 1) * (delayMs > 4_000 ? 1_000 : 1));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

async function play(database: Database, stages: readonly Stage[], kills: readonly number[]) {
  const ran: string[] = [];
  const open = (on: Database) => createWflo({ database: on, logger: false, clock: hasty });
  let id: string | undefined;
  for (const kill of kills) {
    const workflow = define(open(mortalDatabase(database, kill)), stages, ran);
    const work: Promise<unknown> =
      id === undefined ? workflow.run(undefined) : workflow.resume(id, { takeOver: true });
    await work.catch(() => {});
    const [run] = await open(database).runs.list({ limit: 1 });
    id = run?.id;
    if (run?.status === "completed") break;
  }
  const wflo = open(database);
  const workflow = define(wflo, stages, ran);
  const [run] = await wflo.runs.list({ limit: 1 });
  if (run === undefined) return { value: await workflow.run(undefined), ran };
  const details = await wflo.runs.get(run.id);
  const value =
    details?.status === "completed" ? details.result : await workflow.resume(run.id, { takeOver: true });
  return { value, ran };
}

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  "a run that rolls itself back gives the same result, however often it is killed (seed %i)",
  async (seed) => {
    const stages = stagesOf(seed);
    const whole = await play(memoryDatabase(), stages, []);
    const next = numbers(seed + 1_000);
    for (let round = 0; round < 5; round++) {
      const kills = Array.from({ length: 1 + next(4) }, () => next(whole.ran.length * 2 + 4));
      const killed = await play(memoryDatabase(), stages, kills);
      expect(killed.value, `kills at ${kills.join()}`).toEqual(whole.value);
      // Only what was running when it was killed runs again: at most three parts at once.
      expect(killed.ran.length - whole.ran.length).toBeLessThanOrEqual(3 * kills.length);
    }
  },
);
