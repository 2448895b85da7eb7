import { expect } from "vitest";
import type { DatabaseCase } from "./database-case.ts";
import { itemCase, type ItemDesk } from "./item-desk.ts";

const VALUES: Readonly<Record<string, unknown>> = {
  one: 1,
  ten: 10,
  tenth: 0.1,
  text: "b",
  upper: "B",
  numeral: "9.5",
  emoji: "😀",
  late: "\uffff",
  truth: true,
  nothing: null,
  list: ["b", 1],
  object: { in: "b", more: { n: 1 } },
};

async function putAll(desk: ItemDesk): Promise<void> {
  for (const [key, is] of Object.entries(VALUES)) await desk.put(key, { is });
  await desk.put("without", { "is ": 1 });
}

/** What is found among items, in which order. */
export const itemSearchesCases: readonly DatabaseCase[] = [
  itemCase("finds what is under a prefix, label by label", async (desk) => {
    const namespaces = [["a"], ["a", "b"], ["a", "b", "c"], ["a", "bc"], ["ab"], ["a\u0001"], ["b", "a"]];
    for (const namespace of namespaces) await desk.put(namespace.join("/"), {}, namespace);
    expect(await desk.keys({ prefix: ["a"] })).toEqual(["a", "a/b", "a/b/c", "a/bc"]);
    expect(await desk.keys({ prefix: ["a", "b"] })).toEqual(["a/b", "a/b/c"]);
    expect(await desk.keys({ prefix: ["a", "b", "c", "d"] })).toEqual([]);
    expect(await desk.keys()).toHaveLength(namespaces.length);
  }),
  itemCase("finds the last updated first, then by namespace and key, texts by their bytes", async (desk) => {
    const together: [string, string][] = [
      ["B", "b"],
      ["a", "A"],
      ["a", "a"],
      ["a", "\uff5e"],
      ["a", "😀"],
      ["😀", ""],
    ];
    const puts = together.map(([label, key]) => ({ namespace: [label], key, value: "{}" }));
    await desk.batch({ puts: puts.toReversed() });
    await desk.desk.setElapsed(1);
    await desk.put("new", {}, ["z"]);
    await desk.desk.setElapsed(2);
    await desk.put("a", { is: "put again" }, ["a"]);
    const order = together.filter(([, key]) => key !== "a").map(([, key]) => key);
    expect(await desk.keys()).toEqual(["a", "new", ...order]);
  }),
  itemCase("gives pages of what it finds", async (desk) => {
    const keys = Array.from({ length: 25 }, (_, place) => `k${String(place).padStart(2, "0")}`);
    await desk.batch({ puts: keys.map((key) => ({ namespace: ["notes"], key, value: "{}" })) });
    const pages = [0, 10, 20, 30].map((offset) => desk.keys({ limit: 10, offset }));
    expect((await Promise.all(pages)).map((page) => page.length)).toEqual([10, 10, 5, 0]);
    expect((await Promise.all(pages)).flat()).toEqual(keys);
    expect(await desk.keys({ limit: 0 })).toEqual([]);
  }),
  itemCase("finds what is the same, the order of keys aside", async (desk) => {
    await putAll(desk);
    for (const [key, value] of Object.entries(VALUES))
      expect(await desk.fulfilling("is", "eq", value)).toBe(key);
    expect(await desk.fulfilling("is", "eq", { more: { n: 1 }, in: "b" })).toBe("object");
    for (const value of ["1", "null", ["b"], [1, "b"], { in: "b" }, {}, false, 0]) {
      expect(await desk.fulfilling("is", "eq", value)).toBe("");
    }
  }),
  itemCase("looks inside objects, and not inside lists and texts", async (desk) => {
    await putAll(desk);
    expect(await desk.fulfilling("is.more.n", "eq", 1)).toBe("object");
    for (const path of ["is.0", "is.1", "is.-1", "is.length"]) {
      for (const value of ["b", 1, 2]) expect(await desk.fulfilling(path, "eq", value)).toBe("");
    }
  }),
  itemCase("finds what differs or is missing", async (desk) => {
    await putAll(desk);
    const others = (...not: string[]) =>
      [...Object.keys(VALUES), "without"]
        .filter((key) => !not.includes(key))
        .toSorted()
        .join(" ");
    expect(await desk.fulfilling("is", "ne", "b")).toBe(others("text"));
    expect(await desk.fulfilling("is", "ne", null)).toBe(others("nothing"));
    expect(await desk.fulfilling("is", "nin", [null, 1, ["b", 1]])).toBe(others("nothing", "one", "list"));
    expect(await desk.fulfilling("is", "nin", [])).toBe(others());
  }),
  itemCase("finds what is in a list", async (desk) => {
    await putAll(desk);
    expect(await desk.fulfilling("is", "in", ["b", 10, null, { n: 1 }, ["b", 1]])).toBe(
      "list nothing ten text",
    );
    expect(await desk.fulfilling("is", "in", [])).toBe("");
  }),
  itemCase("compares numbers with numbers and numerals, texts with texts", async (desk) => {
    await putAll(desk);
    expect(await desk.fulfilling("is", "gt", 1)).toBe("numeral ten");
    expect(await desk.fulfilling("is", "gte", 1)).toBe("numeral one ten");
    expect(await desk.fulfilling("is", "lt", "1")).toBe("tenth");
    expect(await desk.fulfilling("is", "lte", 9.5)).toBe("numeral one tenth");
    expect(await desk.fulfilling("is", "gt", "b")).toBe("emoji late");
    expect(await desk.fulfilling("is", "gt", "\uffff")).toBe("emoji");
    expect(await desk.fulfilling("is", "lte", "b")).toBe("numeral text upper");
  }),
  itemCase("asks for all conditions, whatever their texts", async (desk) => {
    const hard = [
      "a' OR 1=1 --",
      "__proto__",
      "constructor",
      "$where",
      "nul \u0000",
      "lone \ud800",
      "\ufdd0d800",
      "",
    ];
    for (const text of hard)
      await desk.put("k", JSON.parse(`{${JSON.stringify(text)}:${JSON.stringify(text)}}`), [
        `of ${hard.indexOf(text)}`,
      ]);
    for (const [place, text] of hard.entries()) {
      const condition = { path: [text], comparison: "eq", operand: JSON.stringify(text) } as const;
      const found = await desk.search({ conditions: [condition] });
      expect(found.map(({ namespace }) => namespace)).toEqual([[`of ${place}`]]);
      const never = { ...condition, comparison: "ne" } as const;
      expect(await desk.search({ conditions: [condition, never] })).toEqual([]);
    }
  }),
];
