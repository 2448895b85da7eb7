import { expect } from "vitest";
import { CaseDesk } from "./case-desk.ts";
import type { DatabaseCase } from "./database-case.ts";
import { itemCase, valueOf } from "./item-desk.ts";

/** Everything JSON can say, and what databases stumble over. */
const HARD: unknown = JSON.parse(`{
  "__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}, "a' OR 1=1 --": "'; DROP TABLE item; --",
  "nul \\u0000": "\\u0000", "lone \\ud800": "\\udfff and \\ud83d\\ude00", "mark \\ufdd0": "\\ufdd0d800 \\uffff",
  "": [[], {}, null, true, false, 0, -1.5, 1e-300, 1.7976931348623157e308, 12345678901234567890, "", "\\\\u0000", "\\n\\t\\"\\\\"]
}`);

/** Items that are put, read, put again and deleted, alone and in batches. */
export const itemsCases: readonly DatabaseCase[] = [
  itemCase("gives an item back as it was put", async (desk) => {
    const namespace = ["users", "a.b:c", "%_\\", '{x,"y"}', "NULL"];
    await desk.batch({ puts: [{ namespace, key: "k\n/", value: '{"likes":["tea",{"hot":true}]}' }] });
    const found = await desk.get("k\n/", namespace);
    expect(found).toEqual({
      namespace,
      key: "k\n/",
      value: expect.any(String),
      createdAt: CaseDesk.start,
      updatedAt: CaseDesk.start,
    });
    expect(valueOf(found)).toEqual({ likes: ["tea", { hot: true }] });
    expect(await desk.search()).toEqual([found]);
  }),
  itemCase("gives back values of any text, number and key", async (desk) => {
    await desk.put("hard", HARD as object);
    expect(JSON.stringify(await desk.value("hard")).length).toBe(JSON.stringify(HARD).length);
    expect(await desk.value("hard")).toEqual(HARD);
    expect(Object.hasOwn((await desk.value("hard")) as object, "__proto__")).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  }),
  itemCase("keeps when an item was made, and moves when it was changed", async (desk) => {
    await desk.put("a", { is: 1 });
    await desk.desk.setElapsed(5);
    await desk.put("a", { is: 2 });
    const [item] = await desk.search();
    expect(item).toMatchObject({ createdAt: CaseDesk.start });
    expect(Number(item?.updatedAt) - Number(item?.createdAt)).toBe(5_000);
    expect(valueOf(item)).toEqual({ is: 2 });
  }),
  itemCase("never says that a change came before the last one", async (desk) => {
    await desk.desk.setElapsed(5);
    await desk.put("a", { is: 1 });
    await desk.desk.setElapsed(0);
    await desk.put("a", { is: 2 });
    const item = await desk.get("a");
    expect(Number(item?.updatedAt)).toBeGreaterThanOrEqual(Number(item?.createdAt));
    expect(valueOf(item)).toEqual({ is: 2 });
  }),
  itemCase("deletes an item, and makes it anew when it is put again", async (desk) => {
    await desk.put("a", { is: 1 });
    await desk.put("b", { is: 1 });
    await desk.put("a", undefined);
    await desk.put("never there", undefined);
    expect(await desk.keys()).toEqual(["b"]);
    await desk.desk.setElapsed(5);
    await desk.put("a", { is: 2 });
    const item = await desk.get("a");
    expect(Number(item?.createdAt)).toBe(CaseDesk.start.getTime() + 5_000);
  }),
  itemCase("lets the reads of a batch see what was there before its puts", async (desk) => {
    await desk.put("a", { is: 1 });
    const answers = await desk.batch({
      puts: [
        { namespace: ["notes"], key: "a", value: '{"is":2}' },
        { namespace: ["other"], key: "b", value: '{"is":2}' },
      ],
      gets: [
        { namespace: ["notes"], key: "a" },
        { namespace: ["other"], key: "b" },
      ],
      searches: [{ prefix: [], conditions: [], limit: 10, offset: 0 }],
      listings: [{ matches: [], maxDepth: undefined, limit: 10, offset: 0 }],
    });
    expect(answers.gets.map(valueOf)).toEqual([{ is: 1 }, undefined]);
    expect(answers.searches.map((page) => page.map(({ key }) => key))).toEqual([["a"]]);
    expect(answers.listings).toEqual([[["notes"]]]);
    expect([await desk.value("a"), await desk.value("b", ["other"])]).toEqual([{ is: 2 }, { is: 2 }]);
  }),
  itemCase("answers each read of a batch at its place", async (desk) => {
    for (const key of ["a", "b", "c"]) await desk.put(key, { is: key }, ["notes", key]);
    const place = (key: string) => ({ namespace: ["notes", key], key });
    const of = (key: string) => ({ prefix: ["notes", key], conditions: [], limit: 10, offset: 0 });
    const named = (key: string) => ({
      matches: [{ end: "last", labels: [key] } as const],
      maxDepth: undefined,
      limit: 10,
      offset: 0,
    });
    const answers = await desk.batch({
      gets: ["c", "x", "a", "c"].map(place),
      searches: ["b", "x", "a"].map(of),
      listings: ["x", "c", "b"].map(named),
    });
    expect(answers.gets.map((item) => item?.key)).toEqual(["c", undefined, "a", "c"]);
    expect(answers.searches.map((page) => page.map(({ key }) => key))).toEqual([["b"], [], ["a"]]);
    expect(answers.listings).toEqual([[], [["notes", "c"]], [["notes", "b"]]]);
    expect(await desk.batch({})).toEqual({ gets: [], searches: [], listings: [] });
  }),
  itemCase("lets the last put of a place in a batch count, as if it were the only one", async (desk) => {
    await desk.put("a", { is: 0 });
    await desk.desk.setElapsed(5);
    const puts = (key: string, ...values: (string | undefined)[]) =>
      values.map((value) => ({ namespace: ["notes"], key, value }));
    await desk.batch({
      puts: [
        ...puts("a", '{"is":1}', undefined, '{"is":3}'),
        ...puts("b", '{"is":1}', '{"is":2}'),
        ...puts("c", '{"is":1}', undefined),
      ],
    });
    expect(await desk.keys()).toEqual(["a", "b"]);
    expect([await desk.value("a"), await desk.value("b")]).toEqual([{ is: 3 }, { is: 2 }]);
    expect((await desk.get("a"))?.createdAt).toEqual(CaseDesk.start);
  }),
  itemCase("keeps places apart that look alike when they are joined", async (desk) => {
    const places = [
      [["a", "b"], "c"],
      [["a"], "b,c"],
      [["a,b"], "c"],
      [["ab"], "c"],
      [["a", "b", "c"], ""],
    ] as const;
    for (const [namespace, key] of places) await desk.put(key, { of: namespace }, namespace);
    for (const [namespace, key] of places)
      expect(await desk.value(key, namespace)).toEqual({ of: namespace });
    expect(await desk.search()).toHaveLength(places.length);
  }),
  itemCase("keeps the items of tenants apart", async (desk) => {
    const other = desk.as("umbrella");
    await desk.put("a", { is: 1 });
    await other.put("a", { is: 2 });
    await other.put("b", { is: 2 }, ["theirs"]);
    expect([await desk.value("a"), await desk.keys(), await desk.namespaces()]).toEqual([
      { is: 1 },
      ["a"],
      ["notes"],
    ]);
    await other.put("a", undefined);
    expect(await desk.value("a")).toEqual({ is: 1 });
  }),
];
