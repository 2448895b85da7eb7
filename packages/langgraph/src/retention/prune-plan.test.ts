import { emptyCheckpoint, type CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import type { CheckpointHeader, ThreadOutline } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { metadataText, writeBody } from "../saver/checkpoint-body.ts";
import { outlinedCheckpoints, type OutlinedCheckpoint } from "../saver/outlined-checkpoint.ts";
import { prunePlan, type PruneRule } from "./prune-plan.ts";

const START = new Date("2026-01-01T00:00:00Z").getTime();

interface Row {
  readonly id: string;
  readonly parentId?: string | undefined;
  readonly namespace?: string;
  readonly held?: readonly string[];
  readonly delta?: readonly string[];
  readonly parents?: Readonly<Record<string, string>>;
  /** Days after the start. */
  readonly day?: number;
}

async function outlineOf(rows: readonly Row[], writes: ThreadOutline["writes"] = []): Promise<ThreadOutline> {
  const checkpoints = rows.map(async (row): Promise<CheckpointHeader> => {
    const { id, parentId, namespace = "", held = [], delta = [], parents = {}, day = 0 } = row;
    const counters = Object.fromEntries(delta.map((name) => [name, [1, 1]]));
    const metadata = {
      source: "loop",
      step: 1,
      parents,
      counters_since_delta_snapshot: counters,
    } as unknown as CheckpointMetadata;
    const versions = Object.fromEntries([...held, ...delta].map((name) => [name, 1]));
    const checkpoint = { ...emptyCheckpoint(), channel_versions: versions };
    const body = writeBody(checkpoint, await metadataText(metadata), new Set(held));
    const savedAt = new Date(START + day * 86_400_000);
    return {
      thread: "t",
      namespace,
      id,
      parentId,
      kind: "save",
      name: "langgraph",
      step: undefined,
      metadata: body,
      savedAt,
    };
  });
  return {
    state: { epoch: 1, nextLog: 0 },
    sequence: rows.length,
    checkpoints: await Promise.all(checkpoints),
    writes,
  };
}

async function goneOf(rows: readonly Row[], rule: PruneRule, writes?: ThreadOutline["writes"]) {
  const plan = prunePlan(await outlineOf(rows, writes), rule);
  return plan.map(({ namespace, id }) => (namespace === "" ? id : `${namespace}/${id}`)).toSorted();
}

/** `a` to `e`, each the child of the one before, saved day after day. */
const line: readonly Row[] = ["a", "b", "c", "d", "e"].map((id, day) => ({
  id,
  day,
  parentId: ["a", "b", "c", "d", "e"][day - 1],
}));
const day = (count: number) => new Date(START + count * 86_400_000);

describe("what goes of a thread", () => {
  test.each<readonly [rule: PruneRule, gone: string]>([
    [{ keepLast: 2 }, "abc"],
    [{ keepLast: 9 }, ""],
    [{ savedBefore: day(2) }, "ab"],
    [{ savedBefore: day(0) }, ""],
    [{ savedBefore: day(9) }, "abcde"],
    [{ savedBefore: day(9), keepLast: 1 }, "abcd"],
    [{ savedBefore: day(2), keepLast: 1 }, "ab"],
    [{ savedBefore: day(4), keepLast: 3 }, "ab"],
  ])("by %j, is %s", async (rule, gone) => {
    expect((await goneOf(line, rule)).join("")).toBe(gone);
  });

  test("what a delta channel is made of stays, up to where it was written whole", async () => {
    const rows = line.map((row) => ({ ...row, held: row.id === "b" ? ["log"] : [], delta: ["log"] }));
    expect(await goneOf(rows, { keepLast: 1 })).toEqual(["a"]);
    const seeded = rows.map((row) => (row.id === "e" ? { ...row, held: ["log"] } : row));
    expect(await goneOf(seeded, { keepLast: 1 })).toEqual(["a", "b", "c", "d"]);
  });

  test("the latest stays although the clock of its host ran behind", async () => {
    const rows = [...line, { id: "d2", parentId: "e" }, { id: "d3", parentId: "d2" }, { id: "d9" }];
    expect(await goneOf(rows, { keepLast: 1 })).toEqual(["a", "b", "c", "d"]);
  });

  test("of a thread that is over, what stopped before its end stays, with what it called", async () => {
    const task = { namespace: "n:1", parents: { "": "e" } };
    const called = [
      { ...task, id: "f" },
      { ...task, id: "g", parentId: "f" },
      { namespace: "n:0", id: "b1", parents: { "": "a" } },
    ];
    const rule = { savedBefore: day(9) };
    expect(await goneOf([...line, ...called], rule)).toHaveLength(8);
    const waiting = line.map((row) => (row.id === "e" ? { ...row, held: ["branch:to:n"] } : row));
    expect(await goneOf([...waiting, ...called], rule)).toEqual(["a", "b", "c", "d", "n:0/b1", "n:1/f"]);
    const written = [{ namespace: "", checkpointId: "e", channels: ["x"] }];
    expect(await goneOf([...line, ...called], rule, written)).toEqual([
      "a",
      "b",
      "c",
      "d",
      "n:0/b1",
      "n:1/f",
    ]);
  });

  test("writes to what was pruned before go, those to what may come do not", async () => {
    const at = (checkpointId: string) => ({ namespace: "", checkpointId, channels: ["x"] });
    const gone = await goneOf(line, { keepLast: 1 }, [at("Z"), at("a"), at("c2"), at("d2"), at("z")]);
    expect(gone).toEqual(["Z", "a", "b", "c", "c2", "d"]);
  });

  test("in any tree, what is left has all that it is made of, its heads and its last", async () => {
    let state = 7;
    const below = (limit: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    for (let round = 0; round < 200; round++) {
      const rows: Row[] = [];
      for (let at = 0; at < 40; at++) {
        const parent = rows[below(4) === 0 ? below(at) : at - 1];
        const held = ["x", "y"].filter(() => below(6) === 0);
        rows.push({ id: `${100 + at}`, parentId: parent?.id, held, delta: ["x", "y"], day: at });
      }
      const keepLast = below(2) === 0 ? undefined : 1 + below(8);
      const savedBefore = keepLast !== undefined && below(2) === 0 ? undefined : day(below(40));
      const outline = await outlineOf(rows);
      const gone = new Set(prunePlan(outline, { keepLast, savedBefore }).map(({ id }) => id));
      const all = outlinedCheckpoints(outline);
      const wanted = all.filter(({ id, savedAt }, at) => {
        const isHead = rows.every(({ parentId }) => parentId !== id);
        const isLast = keepLast !== undefined && at >= all.length - keepLast;
        return isHead || isLast || (savedBefore !== undefined && savedAt >= savedBefore);
      });
      for (const checkpoint of wanted) {
        for (const id of [checkpoint.id, ...madeOf(checkpoint, all)]) expect(gone.has(id)).toBe(false);
      }
    }
  });
});

/** The ancestors that the delta channels of a checkpoint are made of, in the plainest way. */
function madeOf(checkpoint: OutlinedCheckpoint, all: readonly OutlinedCheckpoint[]): readonly string[] {
  return checkpoint.unseeded.flatMap((channel) => {
    const ids: string[] = [];
    for (let at: OutlinedCheckpoint | undefined = checkpoint; at !== undefined;) {
      const { parentId }: OutlinedCheckpoint = at;
      at = all.find(({ id }) => id === parentId);
      if (at !== undefined) ids.push(at.id);
      if (at?.held.has(channel) === true) break;
    }
    return ids;
  });
}
