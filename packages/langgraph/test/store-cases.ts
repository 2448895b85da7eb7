import { runInNewContext } from "node:vm";
import { InMemoryStore, InvalidNamespaceError, MemorySaver } from "@langchain/langgraph-checkpoint";
import { InvalidOptionError, memoryDatabase, type Database } from "@wflo/core";
import { expect, test } from "vitest";
import { InvalidFilterError, UnsavableItemError, WfloStore } from "../src/index.ts";

/** Opens one more store on the same items, as another process would; of a tenant of its own when it is given one. */
export type OpenStore = (tenant?: string) => WfloStore;

type Value = Record<string, unknown>;

/** What the contract of stores says, and what must not be answered wrongly. */
export function storeCases(open: OpenStore): void {
  const newRoot = () => crypto.randomUUID();
  const keysOf = (items: readonly { key: string }[]) => items.map(({ key }) => key);

  test("an item comes back as it was put, in another process", async () => {
    const root = newRoot();
    const value = { likes: ["tea", { hot: true }], none: null, "": 0, text: "\u0000 \ud800 😀 \ufdd0" };
    await open().put([root, "42"], "tastes", { ...value, left: undefined });
    const item = await open().get([root, "42"], "tastes");
    expect(item).toEqual({
      namespace: [root, "42"],
      key: "tastes",
      value,
      createdAt: expect.any(Date),
      updatedAt: item?.createdAt,
    });
    expect(await open().search([root])).toEqual([item]);
    expect(await open().get([root], "tastes")).toBeNull();
    await open().delete([root, "42"], "tastes");
    await open().delete([root, "42"], "tastes");
    expect(await open().get([root, "42"], "tastes")).toBeNull();
  });

  test("a plain object of another realm is a plain object, an instance of it is not", async () => {
    const [store, root] = [open(), newRoot()];
    await store.put([root], "k", runInNewContext("({ list: [{ a: 1 }] })") as Value);
    expect((await store.get([root], "k"))?.value).toEqual({ list: [{ a: 1 }] });
    for (const code of ["new (class Odd {})()", "new Map()"]) {
      const value = { odd: runInNewContext(code) as unknown };
      await expect(store.put([root], "k", value)).rejects.toThrow(/value.odd is an instance of/);
    }
  });

  test("what was read can be changed without changing what is kept", async () => {
    const [store, root] = [open(), newRoot()];
    const value = { list: [1] };
    await store.put([root], "k", value);
    value.list.push(2);
    const item = await store.get([root], "k");
    if (item === null) throw new Error("it is not there");
    (item.value["list"] as number[]).push(3);
    item.namespace.push("x");
    expect(await store.get([root], "k")).toMatchObject({ namespace: [root], value: { list: [1] } });
  });

  test("a batch answers in its order, its reads see what was there before its puts", async () => {
    const [store, root] = [open(), newRoot()];
    await store.put([root], "k", { is: 1 });
    const results = await store.batch([
      { namespace: [root], key: "k", value: { is: 2 } },
      { namespace: [root], key: "k" },
      { namespacePrefix: [root] },
      { namespace: [root, "new"], key: "k", value: { is: 2 } },
      { matchConditions: [{ matchType: "prefix", path: [root] }], limit: 9, offset: 0 },
      { namespace: [root], key: "k", value: { is: 3 } },
      { namespace: [root, "new"], key: "k" },
    ]);
    const old = expect.objectContaining({ value: { is: 1 } }) as unknown;
    expect(results).toEqual([null, old, [old], null, [[root]], null, null]);
    expect((await store.get([root], "k"))?.value).toEqual({ is: 3 });
    expect(await store.batch([])).toEqual([]);
  });

  test("a batch of any size answers in its order, and reads before it puts", async () => {
    const [store, root] = [open(), newRoot()];
    await store.put([root], "k", { is: 0 });
    const put = (at: number) => ({ namespace: [root], key: `k${at % 1_500}`, value: { at } });
    const read = { namespace: [root], key: "k1" };
    const results = await store.batch([
      { namespacePrefix: [root] },
      ...Array.from({ length: 2_500 }, (_, at) => put(at)),
      ...Array.from({ length: 1_200 }, () => read),
      { namespace: [root], key: "k" },
    ]);
    expect(results[0]).toMatchObject([{ key: "k" }]);
    expect(results.slice(1, -1)).toEqual(Array.from({ length: 3_700 }, () => null));
    expect(results.at(-1)).toMatchObject({ key: "k", value: { is: 0 } });
    const items = await store.search([root], { limit: 2_000 });
    expect(items).toHaveLength(1_501);
    expect((await store.get([root], "k1"))?.value).toEqual({ at: 1_501 });
    expect((await store.get([root], "k1200"))?.value).toEqual({ at: 1_200 });
  });

  test("a batch of which one operation cannot be done does nothing", async () => {
    const [store, root] = [open(), newRoot()];
    const good = { namespace: [root], key: "k", value: { is: 1 } };
    const bad = { ...good, value: { at: new Date() } };
    await expect(store.batch([good, bad])).rejects.toThrow(UnsavableItemError);
    expect(await store.search([root])).toEqual([]);
  });

  test("tenants never see each other's items", async () => {
    const root = newRoot();
    const [one, other] = [open(`one ${root}`), open(`other ${root}`)];
    await one.put(["users"], "k", { of: "one" });
    await other.put(["users"], "k", { of: "other" });
    await other.put(["theirs"], "secret", { of: "other" });
    expect((await one.get(["users"], "k"))?.value).toEqual({ of: "one" });
    expect(keysOf(await one.search([]))).toEqual(["k"]);
    expect(await one.listNamespaces()).toEqual([["users"]]);
    await one.delete(["theirs"], "secret");
    expect(await other.get(["theirs"], "secret")).not.toBeNull();
  });

  test("filters ask key by key, with operators", async () => {
    const [store, root] = [open(), newRoot()];
    const put = (key: string, value: Value) => store.put([root], key, value);
    await put("a", { kind: "food", score: 3, meta: { lang: "en", at: "2026-01-05" }, tags: ["x", "y"] });
    await put("b", { kind: "food", score: "4.5", meta: { lang: "de", at: "2026-02-01" } });
    await put("c", { kind: null, score: 12 });
    const found = async (filter: Value) =>
      keysOf(await store.search([root], { filter }))
        .toSorted()
        .join("");
    expect(await found({})).toBe("abc");
    expect(await found({ kind: "food" })).toBe("ab");
    expect(await found({ kind: null })).toBe("c");
    expect(await found({ kind: { $ne: "food" } })).toBe("c");
    expect(await found({ score: { $gt: 3 } })).toBe("bc");
    expect(await found({ score: { $gte: 3, $lt: 5 } })).toBe("ab");
    expect(await found({ meta: { lang: "en" } })).toBe("a");
    expect(await found({ meta: { lang: { $in: ["de", "fr"] } } })).toBe("b");
    expect(await found({ meta: { at: { $gte: "2026-01-31" } } })).toBe("b");
    expect(await found({ meta: { $eq: { lang: "en" } } })).toBe("");
    expect(await found({ meta: { $eq: { at: "2026-01-05", lang: "en" } } })).toBe("a");
    expect(await found({ tags: ["x", "y"] })).toBe("a");
    expect(await found({ tags: { 0: "x" } })).toBe("");
    expect(await found({ score: { $nin: [3, 12] } })).toBe("b");
  });

  test.each<readonly [filter: unknown, path: string]>([
    [{ age: { $where: "1" } }, "filter.age.$where"],
    [{ age: { $regex: ".*" } }, "filter.age.$regex"],
    [{ age: { $exists: true } }, "filter.age.$exists"],
    [{ $or: [{ a: 1 }] }, "filter.$or"],
    [{ $where: "this.a" }, "filter.$where"],
    [{ age: { $gt: {} } }, "filter.age.$gt"],
    [{ age: { $gt: null } }, "filter.age.$gt"],
    [{ age: { $lte: Number.NaN } }, "filter.age.$lte"],
    [{ age: { $in: "x" } }, "filter.age.$in"],
    [{ age: { $gt: 1, b: 2 } }, "filter.age"],
    [{ age: {} }, "filter.age"],
    [{ age: undefined }, "filter.age"],
    [{ at: new Date() }, "filter.at"],
    [{ a: { b: { c: 1n } } }, "filter.a.b.c"],
    [{ a: [() => 1] }, "filter.a[0]"],
    ["a", "filter"],
    [[1], "filter"],
  ])("a filter that cannot be asked is refused by its path (%#)", async (filter, path) => {
    const refused = open().search(["x"], { filter: filter as Value });
    await expect(refused).rejects.toThrow(InvalidFilterError);
    await expect(refused).rejects.toMatchObject({ code: "WFLO_INVALID_FILTER", path });
  });

  test("keys that mean something to SQL or JavaScript are keys", async () => {
    const [store, root] = [open(), newRoot()];
    const hostile = [
      "__proto__",
      "constructor",
      "toString",
      "a' OR 1=1 --",
      "'); DROP TABLE item; --",
      "$where",
    ];
    for (const text of hostile) {
      const value = JSON.parse(`{${JSON.stringify(text)}: {"polluted": ${JSON.stringify(text)}}}`) as Value;
      await store.put([root, text], text, value);
    }
    for (const text of hostile) {
      const item = await store.get([root, text], text);
      expect(Object.entries(item?.value ?? {})).toEqual([[text, { polluted: text }]]);
      if (text.startsWith("$")) continue;
      const filter = JSON.parse(`{${JSON.stringify(text)}: {"polluted": ${JSON.stringify(text)}}}`) as Value;
      expect(keysOf(await store.search([root], { filter }))).toEqual([text]);
      expect(await store.listNamespaces({ prefix: [root, text] })).toEqual([[root, text]]);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(await store.search([root], { filter: { tag: "x' OR '1'='1" } })).toEqual([]);
    expect(await store.search([`${root}' OR 1=1 --`])).toEqual([]);
    expect(await store.search(["%"])).toEqual([]);
  });

  const cyclic: Value = { list: [] };
  (cyclic["list"] as unknown[]).push({ back: cyclic });
  const deep = JSON.parse(`${'{"a":'.repeat(300)}1${"}".repeat(300)}`) as Value;
  test.each<readonly [value: unknown, path: string]>([
    [{ a: { at: new Date() } }, "value.a.at"],
    [{ list: [1, undefined] }, "value.list[1]"],
    [{ list: Array.from({ length: 2, 0: 1 }) }, "value.list[1]"],
    [{ n: 1n }, "value.n"],
    [{ n: Number.NaN }, "value.n"],
    [{ n: -Infinity }, "value.n"],
    [{ f: () => 1 }, "value.f"],
    [{ s: Symbol("s") }, "value.s"],
    [{ m: new Map([[1, 2]]) }, "value.m"],
    [{ bytes: new Uint8Array(2) }, "value.bytes"],
    [{ toJSON: () => "{}" }, "value.toJSON"],
    [cyclic, "value.list[0].back"],
    [deep, `value${".a".repeat(200)}`],
    [{ text: "x".repeat(16_000_001) }, "value"],
    ["text", "value"],
    [[1], "value"],
    [undefined, "value"],
    [new Date(), "value"],
  ])("a value that JSON would change is refused by its path (%#)", async (value, path) => {
    const refused = open().put(["x"], "k", value as Value);
    await expect(refused).rejects.toThrow(UnsavableItemError);
    await expect(refused).rejects.toMatchObject({ code: "WFLO_UNSAVABLE_ITEM", path });
  });

  test("a value of a megabyte comes back whole", async () => {
    const [store, root] = [open(), newRoot()];
    const value = { text: "ü\u0000".repeat(250_000), list: Array.from({ length: 20_000 }, (_, n) => n / 3) };
    await store.put([root], "large", value);
    expect((await store.get([root], "large"))?.value).toEqual(value);
    expect(keysOf(await store.search([root], { filter: { text: value.text } }))).toEqual(["large"]);
  });

  test("namespaces are refused as LangGraph does, and too long ones with a sentence", async () => {
    const store = open();
    const refusals = [
      [],
      ["a.b"],
      ["a:b"],
      [""],
      ["nul\u0000"],
      ["half \ud800"],
      "users",
      ["x".repeat(1_001)],
      Array(33).fill("a"),
    ];
    for (const namespace of refusals as string[][]) {
      await expect(store.put(namespace, "k", {})).rejects.toThrow(InvalidNamespaceError);
      await expect(store.batch([{ namespace, key: "k", value: {} }])).rejects.toThrow(InvalidNamespaceError);
      await expect(store.batch([{ namespace, key: "k" }])).rejects.toThrow(InvalidNamespaceError);
    }
    await expect(store.put(["langgraph"], "k", {})).rejects.toThrow(InvalidNamespaceError);
    await expect(store.search(["a.b"])).rejects.toThrow(InvalidNamespaceError);
    expect(await store.get(["langgraph"], "k")).toBeNull();
  });

  test("the longest names are kept, longer ones refused with a sentence", async () => {
    const store = open(`${"t".repeat(900)}${newRoot()}`);
    const [namespace, key] = [Array.from({ length: 25 }, () => "ü".repeat(20)), "😀".repeat(250)];
    await store.put(namespace, key, { is: 1 });
    expect(keysOf(await store.search(namespace))).toEqual([key]);
    expect(await store.listNamespaces({ suffix: namespace.slice(1) })).toEqual([namespace]);
    await expect(store.put(["x"], `${key}x`, {})).rejects.toThrow(
      /key .* more than 1000 bytes: use a digest/,
    );
    await expect(store.put(["x"], "nul \u0000", {})).rejects.toThrow(InvalidOptionError);
    await expect(store.put(["x"], "half \udfff", {})).rejects.toThrow(InvalidOptionError);
    await expect(store.put(["x"], 7 as unknown as string, {})).rejects.toThrow(/key of an item is a text/);
  });

  test("pages, depths and operations that mean nothing are refused", async () => {
    const store = open();
    for (const limit of [-1, 1.5, Number.NaN, 10_001, "5"] as number[]) {
      await expect(store.search(["x"], { limit })).rejects.toThrow(InvalidOptionError);
      await expect(store.listNamespaces({ limit })).rejects.toThrow(/limit is a whole number/);
    }
    await expect(store.search(["x"], { offset: -1 })).rejects.toThrow(/offset is a whole number/);
    await expect(store.listNamespaces({ maxDepth: 0 })).rejects.toThrow(/maxDepth is a whole number/);
    await expect(store.batch([{} as never])).rejects.toThrow(/is a get, a put, a search/);
    const middle = {
      matchConditions: [{ matchType: "middle" as "prefix", path: ["a"] }],
      limit: 1,
      offset: 0,
    };
    await expect(store.batch([middle])).rejects.toThrow(/prefix or a suffix/);
    const many = Array.from({ length: 100_001 }, () => ({ namespace: ["x"], key: "k" }));
    await expect(store.batch(many)).rejects.toThrow(/at most 100000 operations/);
  });

  test("a search by meaning is refused, a put with an index is taken", async () => {
    const [store, root] = [open(), newRoot()];
    await store.put([root], "k", { text: "tea" }, ["text"]);
    await store.put([root], "k2", { text: "tea" }, false);
    await expect(store.search([root], { query: "drinks" })).rejects.toThrow(/no embeddings.*use filter/);
    expect(await store.search([root], { query: "" })).toHaveLength(2);
  });

  test("namespaces are listed by how they begin and end, cut and in pages", async () => {
    const [store, root] = [open(), newRoot()];
    for (const path of ["a/x", "a/y", "b/x", "b/x/z"]) await store.put([root, ...path.split("/")], "k", {});
    const listed = async (options: Parameters<WfloStore["listNamespaces"]>[0]) =>
      (await store.listNamespaces({ prefix: [root], ...options })).map((path) => path.slice(1).join("/"));
    expect(await listed({})).toEqual(["a/x", "a/y", "b/x", "b/x/z"]);
    expect(await listed({ suffix: ["x"] })).toEqual(["a/x", "b/x"]);
    expect(await listed({ prefix: [root, "*", "x"] })).toEqual(["a/x", "b/x", "b/x/z"]);
    expect(await listed({ maxDepth: 2 })).toEqual(["a", "b"]);
    expect(await listed({ limit: 2, offset: 1 })).toEqual(["a/y", "b/x"]);
    expect(await store.listNamespaces({ prefix: [] })).toContainEqual([root, "a", "x"]);
    await store.delete([root, "a", "y"], "k");
    expect(await listed({ maxDepth: 3 })).toEqual(["a/x", "b/x"]);
  });

  test("what is no database of wflo is refused with what to pass", () => {
    const wrong = [
      new InMemoryStore(),
      new MemorySaver(),
      undefined,
      {},
      "postgres://x",
      { checkpoints: {} },
    ];
    for (const database of wrong) {
      expect(() => new WfloStore({ database: database as unknown as Database })).toThrow(
        /WfloStore needs a database of wflo.*InMemoryStore/,
      );
    }
    expect(() => new WfloStore(undefined as never)).toThrow(InvalidOptionError);
    const index = { dims: 3, embeddings: {} };
    expect(() => new WfloStore({ database: memoryDatabase(), index } as never)).toThrow(
      /makes no embeddings/,
    );
  });
}
