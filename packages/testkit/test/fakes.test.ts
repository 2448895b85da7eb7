import { expect, test } from "vitest";
import { fakeClock } from "../src/fakes/fake-clock.ts";
import { fakeIds } from "../src/fakes/fake-ids.ts";

test("a fake clock stands still until it is moved", () => {
  const clock = fakeClock(1_000);
  expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
  clock.advance(50);
  expect([clock.now(), clock.monotonic()]).toEqual([1_050, 50]);
});

test("a fake clock runs tasks in the order they fall due, each at its own time", () => {
  const clock = fakeClock(0);
  const ran: string[] = [];
  clock.schedule(() => ran.push(`late at ${clock.now()}`), 30);
  clock.schedule(() => {
    ran.push(`early at ${clock.now()}`);
    clock.schedule(() => ran.push(`nested at ${clock.now()}`), 5);
  }, 10);
  clock.advance(9);
  expect(ran).toEqual([]);
  clock.advance(100);
  expect(ran).toEqual(["early at 10", "nested at 15", "late at 30"]);
  expect(clock.now()).toBe(109);
});

test("a fake clock never runs a cancelled task", () => {
  const clock = fakeClock();
  const cancel = clock.schedule(() => expect.unreachable(), 10);
  expect(clock.pending()).toBe(1);
  cancel();
  expect(clock.pending()).toBe(0);
  clock.advance(20);
});

test("fake ids ascend, look like UUIDs of version 7, and differ between seeds", () => {
  const ids = fakeIds(1);
  const made = Array.from({ length: 100 }, () => ids.next());
  expect(made).toEqual(made.toSorted());
  expect(new Set(made).size).toBe(100);
  for (const id of made)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(made).not.toContain(fakeIds(2).next());
  expect(fakeIds(1).next()).toBe(made[0]);
});
