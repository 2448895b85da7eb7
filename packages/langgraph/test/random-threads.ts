import type { Checkpoint } from "@langchain/langgraph-checkpoint";
import { ThreadDeletedError } from "@wflo/core";
import { expect } from "vitest";
import type { WfloSaver } from "../src/index.ts";
import type { OpenSaver } from "./graph-cases.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

/** A checkpoint as it should be read, and the writes beside it. */
interface Expected {
  readonly config: object;
  readonly parentId: string | undefined;
  readonly checkpoint: Checkpoint;
  readonly writes: [task: string, channel: string, value: number][];
}

function byTask([one]: Expected["writes"][number], [other]: Expected["writes"][number]): number {
  return one < other ? -1 : 1;
}

/** Numbers that look random, the same for the same seed. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Three savers, as of three processes, do what graphs do on one thread; everything that is read must be what was written. */
export async function playThreads(open: OpenSaver, seed: number, operations: number): Promise<number> {
  const below = numbersFrom(seed);
  const savers = [open(), open(), open()];
  const thread = { configurable: { thread_id: `random-${seed}-${crypto.randomUUID()}`, checkpoint_ns: "" } };
  let known: Expected[] = [];
  let reads = 0;
  const pick = <T>(list: readonly T[]): T | undefined => list[below(list.length)];
  for (let move = 0; move < operations; move++) {
    const saver = savers[below(3)] ?? open();
    const parent = below(10) === 0 ? undefined : below(3) === 0 ? pick(known) : known.at(-1);
    switch (below(12)) {
      case 0: {
        if (below(12) !== 0) break;
        const late = known.at(-1);
        await saver.deleteThread(thread.configurable.thread_id);
        known = [];
        const writer = pick(savers);
        if (late && writer)
          await expect(putAll(writer, late.config, checkpointOf({}))).rejects.toThrow(ThreadDeletedError);
        break;
      }
      case 1: {
        if (below(6) === 0) {
          known = await pruned(saver, thread.configurable.thread_id, 1 + below(12), known);
          break;
        }
        const task = `task ${below(3)}`;
        if (parent === undefined || parent.writes.some(([of]) => of === task)) break;
        await saver.putWrites(parent.config, [["list", move]], task);
        parent.writes.push([task, "list", move]);
        break;
      }
      case 2:
      case 3:
      case 4: {
        const wanted = pick(known);
        if (wanted === undefined) break;
        const tuple = await saver.getTuple(wanted.config);
        expect(tuple?.checkpoint).toEqual(wanted.checkpoint);
        expect(tuple?.pendingWrites).toEqual(wanted.writes.toSorted(byTask));
        reads += 1;
        break;
      }
      default: {
        const before = (parent?.checkpoint.channel_values ?? {}) as Values;
        const checkpoint = checkpointOf(changed(before, below, move), move + 1);
        const config = await putAll(saver, parent?.config ?? thread, checkpoint);
        known.push({ config, parentId: parent?.checkpoint.id, checkpoint, writes: [] });
      }
    }
  }
  const listed: unknown[] = [];
  for await (const { checkpoint } of open().list(thread)) listed.push(checkpoint);
  expect(listed).toEqual(known.map(({ checkpoint }) => checkpoint).toReversed());
  return reads;
}

/** Prunes a thread; those that are left, which must be the newest and every head. */
async function pruned(
  saver: WfloSaver,
  threadId: string,
  keepLast: number,
  known: readonly Expected[],
): Promise<Expected[]> {
  await saver.prune({ threadId, keepLast });
  const left = new Set<string>();
  for await (const { checkpoint } of saver.list({ configurable: { thread_id: threadId } })) {
    left.add(checkpoint.id);
  }
  const parents = new Set(known.map(({ parentId }) => parentId));
  const isKept = ({ checkpoint }: Expected, at: number) =>
    at >= known.length - keepLast || !parents.has(checkpoint.id);
  const kept = known.filter(isKept);
  expect([...left].toSorted()).toEqual(kept.map(({ checkpoint }) => checkpoint.id).toSorted());
  return kept;
}

interface Values extends Record<string, unknown> {
  readonly list?: readonly unknown[];
  readonly map?: Readonly<Record<string, unknown>>;
}

function changed(
  { list = [], map = {}, ...others }: Values,
  below: (n: number) => number,
  move: number,
): Values {
  const at = below(list.length + 1);
  const item = { move, text: "x".repeat(below(200)) };
  switch (below(8)) {
    case 0:
      return { ...others, map, list: list.slice(below(3)) };
    case 1:
      return { ...others, map, list: list.toSpliced(at, 1, item).slice(0, 90) };
    case 2:
      return {
        ...others,
        map,
        list: below(9) === 0 ? list.toReversed() : [...list.slice(at), ...list.slice(0, at)],
      };
    case 3:
      return { ...others, list, map: { ...map, [`key ${below(30)}`]: item } };
    case 4:
      return { ...others, list, map: Object.fromEntries(Object.entries(map).filter(() => below(4) > 0)) };
    case 5:
      return { list: list.toSpliced(at, 2), map, note: move };
    default:
      return { ...others, map, list: [...list, item] };
  }
}
