import { expect } from "vitest";
import type { DatabaseCase } from "./database-case.ts";
import { itemCase, type ItemDesk } from "./item-desk.ts";

async function putIn(desk: ItemDesk, ...namespaces: string[]): Promise<void> {
  for (const namespace of namespaces) await desk.put("k", {}, namespace.split("/"));
}

/** Which namespaces are listed. */
export const itemNamespacesCases: readonly DatabaseCase[] = [
  itemCase("lists the namespaces that have items, each once, by the bytes of their labels", async (desk) => {
    const order = ["B", "a", "a/B", "a/a", "a/a/a", "a!", "\uff5e", "😀"];
    await putIn(desk, ...order.toReversed());
    await desk.put("another", {}, ["a"]);
    expect(await desk.namespaces()).toEqual(order);
    await desk.put("k", undefined, ["B"]);
    expect(await desk.namespaces({ limit: 3, offset: 1 })).toEqual(order.slice(2, 5));
  }),
  itemCase("lists namespaces by how they begin and end", async (desk) => {
    await putIn(desk, "a", "a/b", "a/b/c", "a/x/c", "ab/b", "b/a");
    const first = (...labels: (string | undefined)[]) => ({ end: "first", labels }) as const;
    const last = (...labels: (string | undefined)[]) => ({ end: "last", labels }) as const;
    expect(await desk.namespaces({ matches: [first("a", "b")] })).toEqual(["a/b", "a/b/c"]);
    expect(await desk.namespaces({ matches: [last("b")] })).toEqual(["a/b", "ab/b"]);
    expect(await desk.namespaces({ matches: [first("a"), last("c")] })).toEqual(["a/b/c", "a/x/c"]);
    expect(await desk.namespaces({ matches: [first("a", undefined, "c")] })).toEqual(["a/b/c", "a/x/c"]);
    expect(await desk.namespaces({ matches: [first(undefined, "b")] })).toEqual(["a/b", "a/b/c", "ab/b"]);
    expect(await desk.namespaces({ matches: [last("b", undefined)] })).toEqual(["a/b/c", "b/a"]);
    expect(await desk.namespaces({ matches: [last(undefined, undefined)] })).toEqual([
      "a/b",
      "a/b/c",
      "a/x/c",
      "ab/b",
      "b/a",
    ]);
    expect(await desk.namespaces({ matches: [first()] })).toHaveLength(6);
    expect(await desk.namespaces({ matches: [first("*")] })).toEqual([]);
  }),
  itemCase("cuts namespaces after they are matched, and lists what is the same then once", async (desk) => {
    await putIn(desk, "a/b/c", "a/b/d", "a/c", "b", "b/a/c");
    expect(await desk.namespaces({ maxDepth: 2 })).toEqual(["a/b", "a/c", "b", "b/a"]);
    const matches = [{ end: "last", labels: ["c"] } as const];
    expect(await desk.namespaces({ maxDepth: 1, matches })).toEqual(["a", "b"]);
    expect(await desk.namespaces({ maxDepth: 1, offset: 1, limit: 1 })).toEqual(["b"]);
    expect(await desk.namespaces({ maxDepth: 9 })).toHaveLength(5);
  }),
];
