import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { pglite } from "../src/pglite.ts";
import { newId, puts } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();
const embedded = pglite();
afterAll(() => embedded.close());

/** Text that does not compress, as index rows are compressed before they are measured. */
const noise = (bytes: number): string => randomBytes(bytes / 2).toString("hex");

describe.each([
  ["PostgreSQL", () => files.open().checkpoints],
  ["PGlite", () => embedded.checkpoints],
])("%s", (_, open) => {
  test("keeps an element of thirty megabytes", { timeout: 120_000 }, async () => {
    const checkpoints = open();
    const thread = newId();
    const text = JSON.stringify({ content: 'He said "no" \\ '.repeat(1_850_000) });
    expect(text.length).toBeGreaterThan(30_000_000);
    const elements = [{ log: 0, position: 0, codec: 1, text }];
    const put = await checkpoints.put(puts(thread, "1", { pieces: [[0, 0, 0]], elements }));
    expect(put.code).toBe("saved");
    const stored = await checkpoints.get("t", { thread, namespace: "" });
    expect(stored?.elements[0]?.text === text).toBe(true);
  });

  test("keeps twenty thousand elements of one put", { timeout: 120_000 }, async () => {
    const checkpoints = open();
    const thread = newId();
    const elements = Array.from({ length: 20_000 }, (__, position) => {
      return { log: position % 2, position: Math.floor(position / 2), codec: 1, text: `"${position}"` };
    });
    const pieces = [
      [0, 0, 9_999],
      [1, 9_999, 0],
    ] as const;
    expect((await checkpoints.put(puts(thread, "1", { pieces, elements }))).code).toBe("saved");
    const stored = await checkpoints.get("t", { thread, namespace: "" });
    const byPlace = (a: { log: number; position: number }, b: { log: number; position: number }): number =>
      a.position - b.position || a.log - b.log;
    expect(stored?.elements.toSorted(byPlace)).toEqual(elements);
    expect(await checkpoints.deleteThread("t", thread)).toBe(true);
  });

  test("keeps the longest names together, where an index row has no room for them", async () => {
    const checkpoints = open();
    const [tenant, thread, namespace, name, id] = Array.from({ length: 5 }, () => noise(1_000)) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const parentId = noise(1_000);
    const elements = [{ log: 0, position: 0, codec: 1, text: "1" }];
    const made = { namespace, name, parentId, pieces: [[0, 0, 0]] as const, elements };
    expect((await checkpoints.put({ ...puts(thread, id, made), tenant })).code).toBe("saved");
    const stored = await checkpoints.get(tenant, { thread, namespace, name });
    expect(stored).toMatchObject({ row: { thread, namespace, id, parentId, name }, elements });
    expect(await checkpoints.list(tenant, { limit: 10 })).toMatchObject([{ thread, namespace, id }]);
    expect(await checkpoints.lineage(tenant, { thread, namespace }, 10)).toHaveLength(1);
  });

  test("reads the elements of a piece without those of the rest of the thread", async () => {
    const checkpoints = open();
    const thread = newId();
    const elements = Array.from({ length: 50 }, (__, position) => {
      return { log: 0, position, codec: 1, text: `${position}` };
    });
    const pieces = [
      [0, 12, 10],
      [0, 11, 14],
      [0, 14, 14],
      [0, 40, 40],
    ] as const;
    await checkpoints.put(puts(thread, "1", { pieces, elements }));
    const stored = await checkpoints.get("t", { thread, namespace: "" });
    expect(stored?.row.pieces).toEqual(pieces);
    const positions = stored?.elements.map(({ position }) => position).toSorted((a, b) => a - b);
    expect(positions).toEqual([10, 11, 12, 13, 14, 40]);
  });
});
