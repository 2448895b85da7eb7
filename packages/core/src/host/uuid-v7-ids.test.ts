import { expect, test } from "vitest";
import { uuidV7Ids } from "./uuid-v7-ids.ts";

const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids are UUIDs of version 7 that carry the time, ascend, and differ, even when the clock is set back", () => {
  let now = 1_800_000_000_000;
  const ids = uuidV7Ids({ now: () => now });
  const made = Array.from({ length: 20_000 }, (_, index) => {
    if (index % 5_000 === 2_500) now -= 60_000;
    if (index % 5_000 === 4_999) now += 90_000;
    return ids.next();
  });
  expect(made.every((id) => PATTERN.test(id))).toBe(true);
  expect(made).toEqual(made.toSorted());
  expect(new Set(made).size).toBe(made.length);
  expect(Number.parseInt((made[0] ?? "").replace("-", "").slice(0, 12), 16)).toBe(1_800_000_000_000);
});

test.each([0, -5])("ids are UUIDs while the clock tells %i", (now) => {
  const ids = uuidV7Ids({ now: () => now });
  const made = Array.from({ length: 3 }, () => ids.next());
  expect(made.every((id) => PATTERN.test(id))).toBe(true);
  expect(made).toEqual(made.toSorted());
});
