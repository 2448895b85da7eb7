import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { createWflo, memoryDatabase, type Database, type Wflo } from "@wflo/core";
import { meterChatModel, WfloSaver } from "@wflo/langgraph";
import { postgres } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";
import { median, percentile } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { Random } from "./support/random.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";
import { startSimulatorProcess } from "./support/start-simulator.ts";

/** What a graph becomes slower by when its model is metered: each call, invoked and streamed, with the threads on the same saver. */

const WARM_UP_ROUNDS = 15;
const ROUNDS = 60;
/** Calls of a turn: nodes one after the other. */
const NODES = 4;
const BUDGET = "bench";

/** The same graph with a plain and a metered model, on one store. */
interface Contender {
  readonly name: string;
  readonly wflo: Wflo;
  readonly graphs: Readonly<Record<Kind, (thread: string) => Promise<unknown>>>;
  readonly turnsMs: Record<Kind, number[]>;
}

type Kind = "plain" | "metered" | "plain, streamed" | "metered, streamed";
const KINDS: readonly Kind[] = ["plain", "metered", "plain, streamed", "metered, streamed"];

const State = Annotation.Root({ said: Annotation<string> });

function graphOf(model: ChatOpenAI, saver: WfloSaver, isStreamed: boolean) {
  const node = async ({ said }: typeof State.State) => {
    if (!isStreamed) return { said: (await model.invoke(said)).text };
    let text = "";
    for await (const chunk of await model.stream(said)) text += chunk.text;
    return { said: text };
  };
  return new StateGraph(State)
    .addNode("a", node)
    .addNode("b", node)
    .addNode("c", node)
    .addNode("d", node)
    .addEdge(START, "a")
    .addEdge("a", "b")
    .addEdge("b", "c")
    .addEdge("c", "d")
    .compile({ checkpointer: saver });
}

async function contenderOn(
  name: string,
  database: Database | undefined,
  baseURL: string,
): Promise<Contender> {
  const wflo = createWflo({ database, logger: false, settle: "background" });
  atEnd(() => wflo.close());
  await wflo.budgets.set({ id: BUDGET, caps: { total: 1_000_000 } });
  const configuration = { baseURL };
  const plain = new ChatOpenAI({ model: "gpt-4.1-mini", apiKey: "none", maxRetries: 0, configuration });
  const metered = meterChatModel(plain, { wflo, budgets: [BUDGET] });
  const saver = new WfloSaver({ database: database ?? memoryDatabase() });
  const turnsOf = (model: ChatOpenAI, isStreamed: boolean) => {
    const graph = graphOf(model, saver, isStreamed);
    return (thread: string) => graph.invoke({ said: "go on" }, { configurable: { thread_id: thread } });
  };
  return {
    name,
    wflo,
    graphs: {
      plain: turnsOf(plain, false),
      metered: turnsOf(metered, false),
      "plain, streamed": turnsOf(plain, true),
      "metered, streamed": turnsOf(metered, true),
    },
    turnsMs: { plain: [], metered: [], "plain, streamed": [], "metered, streamed": [] },
  };
}

/** Each kind in turn, in an order that changes, each turn on a thread of its own. */
async function measure(contender: Contender): Promise<void> {
  const random = new Random(ROUNDS);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const turns = KINDS.map((kind) => ({ kind, at: random.next() }));
    for (const { kind } of turns.toSorted((a, b) => a.at - b.at)) {
      const startedMs = performance.now();
      await contender.graphs[kind](`${kind} ${round}`);
      const tookMs = performance.now() - startedMs;
      // Its settles leave after its answers, and are not to be paid by the next one.
      await contender.wflo.flush();
      if (round >= 0) contender.turnsMs[kind].push(tookMs);
    }
  }
}

/** The median over rounds of the difference within a round, for one of its calls. */
function addedMs({ turnsMs }: Contender, metered: Kind, plain: Kind): number {
  return median(turnsMs[metered].map((ms, round) => ms - (turnsMs[plain][round] ?? ms))) / NODES;
}

await runBench("A LangGraph graph with and without metering, over HTTP", 180, async (promises) => {
  const baseURL = await startSimulatorProcess({ outputTokens: 20 });
  const { url } = await startPostgres();
  const stores = [
    ["memory", undefined],
    ["PGlite in memory", pglite()],
    ["PostgreSQL, fsync", postgres({ url })],
  ] as const;
  const rows: string[][] = [];
  for (const [name, database] of stores) {
    const contender = await contenderOn(name, database, baseURL);
    await measure(contender);
    const { turnsMs } = contender;
    const calls = await contender.wflo.calls.list({ limit: 1_000 });
    const expected = (ROUNDS + WARM_UP_ROUNDS) * NODES * 2;
    promises.check(
      `every metered call is settled, and no other: ${name}`,
      calls.length === expected && calls.every(({ kind }) => kind === "settle"),
    );
    rows.push([
      name,
      median(turnsMs.plain).toFixed(1),
      median(turnsMs.metered).toFixed(1),
      (median(turnsMs.metered) / median(turnsMs.plain)).toFixed(2),
      addedMs(contender, "metered", "plain").toFixed(2),
      addedMs(contender, "metered, streamed", "plain, streamed").toFixed(2),
      percentile(turnsMs.metered, 0.95).toFixed(1),
    ]);
  }
  printTable(
    [
      `a turn of ${NODES} calls`,
      "plain ms",
      "metered ms",
      "ratio",
      "added ms a call",
      "streamed: added ms a call",
      "p95 ms",
    ],
    rows,
  );
});
