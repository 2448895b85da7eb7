import { describe, expect, test } from "vitest";
import { brokenAdapters } from "../src/broken-adapters/broken-adapters.ts";
import { rawAdapter } from "../src/broken-adapters/raw-adapter.ts";
import type { CreateAdapter } from "../src/suites/adapter-case.ts";
import { adapterCases, testAdapter } from "../src/suites/adapter-suite.ts";

testAdapter({ name: "a careful hand-written adapter", create: rawAdapter() });

describe("the adapter suite", () => {
  test.each(brokenAdapters)(
    "catches an adapter that $flaw",
    { timeout: 120_000 },
    async ({ create, breaks }) => {
      expect(await failuresOf(create, breaks)).toEqual(breaks);
    },
  );

  test("has a broken adapter for every case", () => {
    const caught = new Set(brokenAdapters.flatMap(({ breaks }) => breaks));
    expect(adapterCases.map(({ title }) => title).filter((title) => !caught.has(title))).toEqual([]);
  });

  test("tells why a case cannot be tried on an adapter that lacks what it needs", async () => {
    const reason = "it knows no tools";
    const toolless: CreateAdapter = async (...made) => ({
      ...(await rawAdapter()(...made)),
      cannot: { tools: reason },
    });
    const played = (words: string) => adapterCases.find(({ title }) => title.includes(words))?.run(toolless);
    expect(await played("the description of a tool")).toBe(reason);
    expect(await played("exactly what the provider counts, in one piece")).toBeUndefined();
  });

  test("has titles that are told apart", () => {
    expect(new Set(adapterCases.map(({ title }) => title)).size).toBe(adapterCases.length);
  });

  test("refuses to skip what it does not have", () => {
    const skip = [{ test: "flies", reason: "no wings" }];
    expect(() => testAdapter({ name: "a bird", create: rawAdapter(), skip })).toThrow('cannot skip "flies"');
  });
});

async function failuresOf(create: CreateAdapter, titles: readonly string[]): Promise<string[]> {
  const fails = async (title: string): Promise<boolean> => {
    const known = adapterCases.find((candidate) => candidate.title === title);
    if (!known) return false;
    return known.run(create).then(
      () => false,
      () => true,
    );
  };
  const verdicts = await Promise.all(titles.map(fails));
  return titles.filter((_, index) => verdicts[index]);
}
