import type {
  CheckpointPut,
  CheckpointStore,
  Database,
  Piece,
  PutVerdict,
  ThreadState,
  WritesPut,
} from "@wflo/core";
import { afterEach, expect, test } from "vitest";
import { newId, puts, starts } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();

/** Backends report when they end, so every connection is closed first. */
async function checkDeadlocks(): Promise<void> {
  await files.closeAll();
  const [row] = await files.query(
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  expect(Number(row?.["deadlocks"])).toBe(0);
}

afterEach(checkDeadlocks);

/** Four connections, each a database of its own. */
const openFour = (): readonly Database[] => Array.from({ length: 4 }, () => files.open({ max: 1 }));

/** One write of a task. */
function writes(thread: string, checkpointId: string, task: number): WritesPut {
  const place = { tenant: "t", thread, namespace: "", checkpointId };
  const write = { index: 0, channel: "c", codec: 1, text: "1" };
  return { ...place, taskId: `${task}`, taskPath: "", writes: [write], replaces: false };
}

/** Appends one element to a list of its own as a warm writer does, which trusts what it last heard of the thread. */
class Writer {
  readonly saved: { readonly id: string; readonly texts: readonly string[] }[] = [];
  readonly codes = new Map<string, number>();
  private known: ThreadState | undefined;
  private pieces: readonly Piece[] = [];
  private texts: readonly string[] = [];
  private readonly store: CheckpointStore;
  private readonly thread: string;

  constructor(store: CheckpointStore, thread: string) {
    this.store = store;
    this.thread = thread;
  }

  async append(): Promise<void> {
    const id = newId();
    const texts = [...this.texts, `"${id}"`];
    for (let isNew = false; ; isNew = true) {
      const verdict = await this.store.put(this.plan(id, texts, isNew));
      this.codes.set(verdict.code, (this.codes.get(verdict.code) ?? 0) + 1);
      if (!("thread" in verdict)) throw new Error("there is no fence");
      if (this.learn(verdict)) {
        this.texts = texts;
        this.saved.push({ id, texts });
        return;
      }
    }
  }

  /** At the end of the newest log that is known, which another writer may hold too, or all of it in a new one. */
  private plan(id: string, texts: readonly string[], isNew: boolean): CheckpointPut {
    const [log, , last] = this.pieces.at(-1) ?? [0, 0, -1];
    const fresh = isNew || this.known === undefined;
    const at = fresh ? { log: this.known?.nextLog ?? 0, position: 0 } : { log, position: last + 1 };
    const added = fresh ? texts : texts.slice(-1);
    const elements = added.map((text, index) => ({ ...at, position: at.position + index, codec: 1, text }));
    this.pieces = fresh
      ? [[at.log, 0, added.length - 1]]
      : [...this.pieces.slice(0, -1), [log, this.pieces.at(-1)?.[1] ?? 0, at.position]];
    const put = puts(this.thread, id, { pieces: this.pieces, elements });
    return { ...put, threadEpoch: fresh ? undefined : this.known?.epoch };
  }

  private learn(verdict: Extract<PutVerdict, { readonly thread: unknown }>): boolean {
    this.known = verdict.thread;
    return verdict.code === "saved";
  }
}

/** The texts of a checkpoint in the order of its pieces, or undefined when it is not there. Throws when an element is missing. */
async function read(
  store: CheckpointStore,
  thread: string,
  id: string,
): Promise<readonly string[] | undefined> {
  const stored = await store.get("t", { thread, namespace: "", id });
  const texts = new Map(stored?.elements.map(({ log, position, text }) => [`${log}/${position}`, text]));
  return stored?.row.pieces.flatMap(([log, first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => {
      const text = texts.get(`${log}/${first + index}`);
      if (text === undefined) throw new Error(`${id} lost its element ${log}/${first + index}`);
      return text;
    }),
  );
}

test(
  "keeps every element when four connections append to one thread at once",
  { timeout: 120_000 },
  async () => {
    const databases = openFour();
    const thread = newId();
    const writers = databases.map(({ checkpoints }) => new Writer(checkpoints, thread));
    await Promise.all(
      writers.map(async (writer) => {
        for (let turn = 0; turn < 50; turn += 1) await writer.append();
      }),
    );
    const { checkpoints } = databases[0] as Database;
    for (const { id, texts } of writers.flatMap(({ saved }) => saved)) {
      expect(await read(checkpoints, thread, id)).toEqual(texts);
    }
    // All four began in log 0: it was a race only if three of them were told.
    const collisions = writers.map(({ codes }) => codes.get("collision") ?? 0);
    expect(collisions.filter((count) => count > 0).length).toBeGreaterThanOrEqual(3);
    const list = await checkpoints.list("t", { thread, limit: 1_000 });
    expect(list).toHaveLength(200);
    const seqs = await files.query(
      "select count(distinct seq)::int4 as n, max(seq) as max from wflo.checkpoint",
    );
    expect(seqs).toEqual([{ n: 200, max: 200 }]);
  },
);

test("gives one place to one of many puts, and nothing of the others", { timeout: 120_000 }, async () => {
  const databases = openFour();
  for (let round = 0; round < 50; round += 1) {
    const thread = newId();
    const verdicts = await Promise.all(
      databases.map(({ checkpoints }, index) =>
        checkpoints.put(
          puts(thread, `${index}`, {
            pieces: [[0, 0, 1]],
            elements: [
              { log: 0, position: 0, codec: 1, text: `${index}` },
              { log: 0, position: 1, codec: 1, text: `${index}` },
            ],
          }),
        ),
      ),
    );
    const codes = verdicts.map(({ code }) => code);
    expect(codes.toSorted((a, b) => a.localeCompare(b))).toEqual([
      "collision",
      "collision",
      "collision",
      "saved",
    ]);
    const winner = `${codes.indexOf("saved")}`;
    const { checkpoints } = databases[0] as Database;
    expect(await read(checkpoints, thread, winner)).toEqual([winner, winner]);
    expect(await checkpoints.list("t", { thread, limit: 10 })).toHaveLength(1);
  }
});

test("makes one chain of what many put as the next of a line", { timeout: 120_000 }, async () => {
  const databases = openFour();
  const [{ checkpoints }] = databases as [Database];
  const thread = newId();
  const chain: string[] = [];
  for (let round = 100; round < 150; round += 1) {
    const parentId = chain[0];
    const ids = Array.from({ length: 8 }, (_, index) => `${round}/${index}`);
    const verdicts = await Promise.all(
      ids.map((id, index) =>
        (databases[index % 4] as Database).checkpoints.put({
          ...puts(thread, id, { parentId }),
          mustFollow: true,
        }),
      ),
    );
    const saved = ids.filter((_, index) => verdicts[index]?.code === "saved");
    expect(saved).toHaveLength(1);
    expect(verdicts.filter(({ code }) => code === "moved")).toHaveLength(7);
    chain.unshift(...saved);
  }
  const lineage = await checkpoints.lineage("t", { thread, namespace: "" }, 100);
  expect(lineage.map(({ id }) => id)).toEqual(chain);
});

test("leaves no checkpoint behind whose elements were deleted", { timeout: 120_000 }, async () => {
  const databases = openFour();
  const thread = newId();
  const writers = databases.slice(0, 3).map(({ checkpoints }) => new Writer(checkpoints, thread));
  const { checkpoints } = databases[3] as Database;
  let deletions = 0;
  let isOver = false;
  const deleting = (async () => {
    while (!isOver) {
      if (await checkpoints.deleteThread("t", thread)) deletions += 1;
      for (const { id } of await checkpoints.list("t", { thread, limit: 10 })) {
        await read(checkpoints, thread, id);
      }
    }
  })();
  await Promise.all(
    writers.map(async (writer) => {
      for (let turn = 0; turn < 60; turn += 1) await writer.append();
    }),
  );
  isOver = true;
  await deleting;
  for (const { id } of await checkpoints.list("t", { thread, limit: 1_000 })) {
    expect(await read(checkpoints, thread, id)).toBeDefined();
  }
  expect(deletions).toBeGreaterThan(3);
  const stale = writers.map(({ codes }) => codes.get("stale") ?? 0);
  expect(Math.max(...stale)).toBeGreaterThan(0);
});

test("saves nothing of an old epoch once its run was claimed", { timeout: 120_000 }, async () => {
  const databases = openFour();
  const [{ runs, checkpoints }] = databases as [Database];
  for (let round = 0; round < 20; round += 1) {
    const thread = newId();
    await runs.create("t", starts(thread));
    const fence = { runId: thread, epoch: 1 };
    const puttings = Array.from({ length: 12 }, (_, index) =>
      (databases[1 + (index % 3)] as Database).checkpoints.put({ ...puts(thread, `${index}`), fence }),
    );
    const claim = await runs.claim("t", thread, { takeOver: true });
    const after = await checkpoints.list("t", { thread, limit: 100 });
    const verdicts = await Promise.all(puttings);
    expect(claim.code).toBe("claimed");
    expect(await checkpoints.list("t", { thread, limit: 100 })).toEqual(after);
    expect(verdicts.filter(({ code }) => code === "saved")).toHaveLength(after.length);
    expect((await checkpoints.put({ ...puts(thread, "z"), fence })).code).toBe("superseded");
  }
});

test("lets no writes come back that a delete passed", { timeout: 120_000 }, async () => {
  const databases = openFour();
  const [{ checkpoints }] = databases as [Database];
  for (let round = 0; round < 40; round += 1) {
    const thread = newId();
    await checkpoints.put(puts(thread, "1"));
    const writing = Array.from({ length: 24 }, (_, task) =>
      (databases[task % 4] as Database).checkpoints.putWrites(writes(thread, "1", task)),
    );
    await Promise.race(writing);
    await checkpoints.deleteThread("t", thread);
    await Promise.all(writing);
    await checkpoints.put(puts(thread, "1"));
    expect((await checkpoints.get("t", { thread, namespace: "" }))?.writes).toEqual([]);
  }
});

test(
  "puts, writes and deletes of many threads wait for each other in one order",
  { timeout: 120_000 },
  async () => {
    const databases = openFour();
    const threads = Array.from({ length: 11 }, newId);
    const outcomes = await Promise.all(
      Array.from({ length: 3_000 }, async (_, at) => {
        const { checkpoints } = databases[at % 4] as Database;
        // Each connection comes to all of them, in an order of its own.
        const thread = threads[(at * (1 + (at % 4))) % threads.length] as string;
        if (at % 50 === 7) return checkpoints.deleteThread("t", thread);
        if (at % 5 === 0) return checkpoints.putWrites(writes(thread, `${at}`.padStart(4, "0"), at));
        return (await checkpoints.put(puts(thread, `${at}`.padStart(4, "0")))).code;
      }),
    );
    expect(outcomes.filter((outcome) => outcome === "saved").length).toBeGreaterThan(2_000);
  },
);

test("makes a run and its own budget together or not at all", async () => {
  const databases = openFour();
  const [{ runs, ledger }] = databases as [Database];
  const runId = newId();
  const own = { id: `run/${runId}`, totalNanoUsd: 5n };
  const created = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (databases[index % 4] as Database).runs.create("t", starts(runId, { ownBudget: own })),
    ),
  );
  expect(created.filter(Boolean)).toHaveLength(1);
  expect(await ledger.getBudgets("t", [own.id])).toMatchObject([
    { caps: { total: 5n }, onExpiry: "charge", warnAt: [] },
  ]);
  const failed = newId();
  await files.query("alter table wflo.budget add constraint no_nines check (cap_total <> 999)");
  try {
    const changes = { ownBudget: { id: `run/${failed}`, totalNanoUsd: 999n } };
    await expect(runs.create("t", starts(failed, changes))).rejects.toThrow(/no_nines/);
  } finally {
    await files.query("alter table wflo.budget drop constraint no_nines");
  }
  expect(await runs.get("t", failed)).toBeUndefined();
});
