import type { LinePlace, ThreadOutline } from "@wflo/core";
import { neededAncestors } from "./needed-ancestors.ts";
import {
  byId,
  keyOfPlace,
  outlinedCheckpoints,
  type OutlinedCheckpoint,
} from "../saver/outlined-checkpoint.ts";

/** Which checkpoints are not wanted any more; where both are given, those that both say. */
export interface PruneRule {
  /** All but so many with the greatest ids of each line. */
  readonly keepLast?: number | undefined;
  readonly savedBefore?: Date | undefined;
}

/** What of a thread can go, so that whatever stays can be read and gone on from. See `WfloSaver.prune`. */
export function prunePlan(outline: ThreadOutline, rule: PruneRule): readonly LinePlace[] {
  const all = outlinedCheckpoints(outline);
  const isOld = ({ savedAt }: OutlinedCheckpoint) =>
    rule.savedBefore === undefined || savedAt < rule.savedBefore;
  // A rule that keeps the last ones has no thread that goes as a whole.
  const isOver = rule.keepLast === undefined && all.every(isOld);
  const kept = new Set<OutlinedCheckpoint>();
  const places = new Set<string>();
  for (const line of linesOf(all)) {
    const called = line.filter(({ caller }) => caller === undefined || places.has(keyOfPlace(caller)));
    const last = new Set(rule.keepLast === undefined ? [] : called.slice(-rule.keepLast));
    const ends = isOver ? unfinishedOf(called) : new Set([...headsOf(called), ...latestOf(called)]);
    for (const checkpoint of line) {
      if (isOld(checkpoint) && !last.has(checkpoint) && !ends.has(checkpoint)) continue;
      kept.add(checkpoint);
      places.add(keyOfPlace(checkpoint));
    }
  }
  const needed = neededAncestors(kept, all);
  const gone = all.filter((checkpoint) => !kept.has(checkpoint) && !needed.has(checkpoint));
  return [...gone.map(({ namespace, id }) => ({ namespace, id })), ...lateWrites(outline, gone)];
}

/** The lines of a thread, those around others first. */
function linesOf(all: readonly OutlinedCheckpoint[]): readonly (readonly OutlinedCheckpoint[])[] {
  const lines = Map.groupBy(all, ({ namespace }) => namespace);
  return [...lines].toSorted(([one], [other]) => one.length - other.length).map(([, line]) => line);
}

/** Those that nothing goes on from. */
function headsOf(line: readonly OutlinedCheckpoint[]): ReadonlySet<OutlinedCheckpoint> {
  const parents = new Set(line.map(({ parentId }) => parentId));
  return new Set(line.filter(({ id }) => !parents.has(id)));
}

/** The heads of runs that stopped before their end, and of the subgraphs that those called. */
function unfinishedOf(line: readonly OutlinedCheckpoint[]): ReadonlySet<OutlinedCheckpoint> {
  const heads = [...headsOf(line)];
  return new Set(heads.filter(({ isUnfinished, caller }) => isUnfinished || caller !== undefined));
}

/** The greatest id with all that come after it: the latest is one of them, when the clock of a host ran behind. */
function latestOf(line: readonly OutlinedCheckpoint[]): readonly OutlinedCheckpoint[] {
  const greatest = line.at(-1);
  if (greatest === undefined) return [];
  const family = new Set([greatest]);
  const children = Map.groupBy(line, ({ parentId }) => parentId);
  // The set grows while it is read, until no descendant is new.
  for (const { id } of family) for (const child of children.get(id) ?? []) family.add(child);
  return [...family];
}

/** Where tasks have written that went on from what was pruned before: to no checkpoint, and before one that goes now. */
function lateWrites(outline: ThreadOutline, gone: readonly OutlinedCheckpoint[]): readonly LinePlace[] {
  const there = new Set(outline.checkpoints.map(keyOfPlace));
  const greatest = new Map(gone.map((checkpoint) => [checkpoint.namespace, checkpoint]));
  const late = new Map<string, LinePlace>();
  for (const { namespace, checkpointId: id } of outline.writes) {
    const place = { namespace, id };
    const last = greatest.get(namespace);
    if (last === undefined || there.has(keyOfPlace(place)) || byId(place, last) > 0) continue;
    late.set(keyOfPlace(place), place);
  }
  return [...late.values()];
}
