import { expect, test } from "vitest";
import { changeList, changesOf, type ListChange } from "./list-changes.ts";

const MOST = 100;

function played(
  before: readonly string[],
  after: readonly string[],
  changes: readonly ListChange[],
): string[] {
  const list = [...before];
  const fresh = after.filter((item) => !before.includes(item));
  for (const change of changes)
    changeList(list, change, change.length === 3 ? fresh.splice(0, change[2]) : []);
  return list;
}

function changesBetween(before: readonly string[], after: readonly string[], most = MOST) {
  const target = after.map((item) => (before.includes(item) ? item : undefined));
  return changesOf(before, target, most);
}

test.each([
  ["nothing", "abcd", "abcd", 0],
  ["an item at the end", "abcd", "abcdx", 1],
  ["one in the middle", "abcd", "abxcd", 1],
  ["an item that is gone", "abcd", "abd", 1],
  ["one in the place of another", "abcd", "axcd", 1],
  ["a turn", "abcd", "bcda", 1],
  ["a turn back", "abcd", "dabc", 1],
  ["two halves that change places", "abcdef", "defabc", 1],
  ["a turn of one that grows", "abcd", "bcdax", 2],
  ["all new", "abcd", "xyz", 1],
  ["all gone", "abcd", "", 1],
])("%s takes few changes", (_, before, after, count) => {
  const changes = changesBetween([...before], [...after]);
  expect(changes).toHaveLength(count);
  expect(played([...before], [...after], changes ?? [])).toEqual([...after]);
});

test("any list is made of any other", () => {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 2_000; round += 1) {
    const before = Array.from({ length: random(12) }, (_, at) => `${at}`);
    const after = before.filter(() => random(4) > 0);
    for (let times = random(6); times > 0; times -= 1) {
      after.splice(random(after.length + 1), 0, ...after.splice(random(after.length + 1), random(3)));
      if (random(2) === 0) after.splice(random(after.length + 1), 0, `new ${times}`);
    }
    const changes = changesBetween(before, after);
    expect(played(before, after, changes ?? [])).toEqual(after);
  }
});

test("too many changes are not looked for", () => {
  const before = Array.from({ length: 40 }, (_, at) => `${at}`);
  expect(changesBetween(before, before.toReversed(), 10)).toBeUndefined();
  expect(
    changesBetween(
      before,
      before.filter((_, at) => at % 2 === 0),
      10,
    ),
  ).toBeUndefined();
});
