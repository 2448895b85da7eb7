import { expect, test } from "vitest";
import { brokenStores } from "../src/broken-stores/broken-stores.ts";
import type { BrokenStore } from "../src/broken-stores/broken-store.ts";
import { databaseCases, stateCases } from "../src/suites/database-suite.ts";
import { memoryHarness } from "../src/suites/memory-harness.ts";

async function failuresOf(wrap?: BrokenStore["wrap"]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { title, run } of databaseCases) {
    const harness = await memoryHarness(wrap);
    await run(harness).catch(() => failed.push(title));
    await harness.dispose();
  }
  return failed;
}

test("no two cases have the same title", () => {
  const titles = databaseCases.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
});

test("no case fails on a sound store", async () => {
  expect(await failuresOf()).toEqual([]);
});

test.each(brokenStores)("exactly one case fails on a store that $name", async ({ breaks, wrap }) => {
  expect(databaseCases.map(({ title }) => title)).toContain(breaks);
  expect(await failuresOf(wrap)).toEqual([breaks]);
});

test.each(["ignores the epoch of a thread", "mixes the threads of tenants"])(
  "states are lost on a store that %s",
  async (name) => {
    const wrap = brokenStores.find((store) => store.name === name)?.wrap;
    const failed: string[] = [];
    for (const { title, run } of stateCases) {
      const harness = await memoryHarness(wrap);
      await run(harness).catch(() => failed.push(title));
      await harness.dispose();
    }
    expect(failed).not.toEqual([]);
  },
);
