import { isDeepStrictEqual } from "node:util";
import { type BaseStore, type Operation } from "@langchain/langgraph-checkpoint";
import { PostgresStore } from "@langchain/langgraph-checkpoint-postgres/store";
import { WfloStore } from "@wflo/langgraph";
import { postgres } from "@wflo/postgres";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { Random } from "./support/random.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** What LangGraph's long-term memory costs with WfloStore, beside the official PostgresStore on the same server. */

const ROUNDS = Number(process.argv[2] ?? 200);
const USERS = 100;
const EACH = 20;
const MANY = 10_000;
const SEED = 1;

const random = new Random(SEED);
const words = (characters: number) =>
  Array.from({ length: characters }, () => String.fromCharCode(97 + random.between(0, 25))).join("");

const valueOf = (n: number, characters = 400) => ({
  n,
  kind: n % 4 === 0 ? "food" : "place",
  text: words(characters),
});

/** Something that is done to a store; what it answers is compared where the two should say the same. */
interface Case {
  readonly name: string;
  readonly isCompared: boolean;
  readonly rounds?: number;
  readonly run: (store: BaseStore, round: number) => Promise<unknown>;
}

const user = (round: number) => ["memories", `user-${USERS + (round % USERS)}`];
/** By their keys: the order in which items are found differs. */
const values = (items: readonly { readonly key: string; readonly value: unknown }[]) =>
  items.map(({ key, value }) => [key, value] as const).toSorted(([one], [other]) => (one < other ? -1 : 1));

const LARGE = valueOf(0, 100_000);

const CASES: readonly Case[] = [
  {
    name: "put, new",
    isCompared: false,
    run: (store, n) => store.put(["new", `user-${n % USERS}`], `k${n}`, VALUES[n] ?? {}),
  },
  { name: "put, again", isCompared: false, run: (store, n) => store.put(user(n), "item 3", VALUES[n] ?? {}) },
  { name: "put, 100 KB", isCompared: false, run: (store, n) => store.put(["large"], `k${n % 5}`, LARGE) },
  { name: "get", isCompared: true, run: async (store, n) => (await store.get(user(n), "item 7"))?.value },
  {
    name: "get, 100 KB",
    isCompared: true,
    run: async (store, n) => (await store.get(["large"], `k${n % 5}`))?.value,
  },
  {
    name: "search, 10 of 20",
    isCompared: false,
    run: async (store, n) => (await store.search(user(n))).length,
  },
  {
    name: "search, filter, of 20",
    isCompared: true,
    run: async (store, n) => values(await store.search(user(n), { filter: { kind: "food", n: { $gt: 8 } } })),
  },
  {
    name: "search, 10 of 10,000",
    isCompared: false,
    rounds: 50,
    run: async (store) => (await store.search(["many"])).length,
  },
  {
    name: "search, filter, of 10,000",
    isCompared: true,
    rounds: 50,
    run: async (store, n) => values(await store.search(["many"], { filter: { n: n % MANY } })),
  },
  { name: "batch of 10 gets", isCompared: true, run: async (store, n) => told(await store.batch(gets(n))) },
  { name: "batch of 10 puts", isCompared: false, run: (store, n) => store.batch(puts(n)) },
  {
    name: "list 100 namespaces",
    isCompared: true,
    rounds: 50,
    run: (store) => store.listNamespaces({ prefix: ["memories"] }),
  },
];

const VALUES = Array.from({ length: ROUNDS + 20 }, (_, n) => valueOf(n));

function gets(n: number): Operation[] {
  return Array.from({ length: 10 }, (_, place) => ({ namespace: user(n + place), key: "item 7" }));
}

function puts(n: number): Operation[] {
  return Array.from({ length: 10 }, (_, place) => ({
    namespace: user(n + place),
    key: "item 5",
    value: VALUES[n + place] ?? {},
  }));
}

function told(answers: readonly unknown[]): unknown[] {
  return answers.map((answer) => (answer as { value?: unknown } | null)?.value);
}

async function fill(store: BaseStore, items: readonly Operation[]): Promise<void> {
  for (let from = 0; from < items.length; from += 500) await store.batch(items.slice(from, from + 500));
}

function items(): readonly Operation[] {
  const own = Array.from({ length: USERS * EACH }, (_, n) => ({
    namespace: user(n),
    key: `item ${Math.floor(n / USERS)}`,
    value: valueOf(Math.floor(n / USERS)),
  }));
  const many = Array.from({ length: MANY }, (_, n) => ({
    namespace: ["many"],
    key: `item ${n}`,
    value: valueOf(n),
  }));
  return [...own, ...many];
}

await runBench("Long-term memory: WfloStore beside PostgresStore", 170, async (promises) => {
  const server = await startPostgres();
  const database = postgres({ url: server.url });
  const official = PostgresStore.fromConnString(server.url);
  atEnd(() => database.close());
  atEnd(() => official.stop());
  await official.setup();
  const stores = [new WfloStore({ database }), official] as const;
  const all = items();
  for (const store of stores) await fill(store, all);
  const rows: (string | number)[][] = [];
  for (const { name, isCompared, rounds = ROUNDS, run } of CASES) {
    const times: [number[], number[]] = [[], []];
    let differences = 0;
    for (let round = 0; round < rounds; round += 1) {
      const answers: unknown[] = [];
      for (const at of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const started = performance.now();
        answers[at] = await run(stores[at], round);
        times[at].push(performance.now() - started);
      }
      if (isCompared && !isDeepStrictEqual(answers[0], answers[1])) differences += 1;
    }
    if (isCompared)
      promises.check(`${name}: both stores answer the same`, differences === 0, `${differences} differences`);
    const [ours, theirs] = times.map(median) as [number, number];
    const late = times.map((samples) => percentile(samples, 0.95).toFixed(2));
    rows.push([name, ours.toFixed(2), theirs.toFixed(2), `${(theirs / ours).toFixed(2)}x`, ...late]);
  }
  printTable(["ms", "wflo p50", "official p50", "official / wflo", "wflo p95", "official p95"], rows);
});
