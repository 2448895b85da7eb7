import { createWflo, type LedgerLine, usd, type Wflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "./support/child.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";
import { compareStorm, type StormBooks, type StormFate, type StormJudgement } from "./support/storm-books.ts";
import { stormAiSdk } from "./support/storm-ai-sdk.ts";
import { StormClient, type StormStory } from "./support/storm-client.ts";
import { stormOpenAI } from "./support/storm-openai.ts";
import { planStorm, STORM_PRICES, stormCost, type StormStream } from "./support/storm-plan.ts";
import type { StormRequest, StormSimulatorMessage } from "./support/storm-simulator.ts";

/** Thousands of streams at once, a third broken off, a third aborted, some of the requests failing: the books agree with the provider's. */

const STREAMS = 3_000;
const AT_ONCE = 150;
const BUDGET = "storm";
const CAP = "10000";
const DRAIN_MS = 60_000;
const LAST_ANSWER_MS = 5_000;
/** A reader who takes nothing for so long no longer sets the pace: his stream is read to its end. */
const IDLE_MS = 30_000;
const LAST_CLOSE_MS = IDLE_MS + 15_000;
const FATES: readonly StormFate[] = [
  "read to its end",
  "drained",
  "cancelled",
  "cut by the provider",
  "refused by the provider",
];

interface StormSimulator {
  readonly url: string;
  readonly served: () => Promise<readonly StormRequest[]>;
}

async function startSimulator(seed: number): Promise<StormSimulator> {
  const child = new Child<StormSimulatorMessage>("./storm-simulator.ts", { seed });
  const first = await child.message((message) => "url" in message);
  const ask = async (): Promise<readonly StormRequest[]> => {
    child.messages.length = 0;
    child.send({});
    const told = await child.message((message) => "served" in message);
    return "served" in told ? told.served : [];
  };
  return {
    url: "url" in first ? first.url : "",
    async served() {
      // A client that has left is noticed a moment later.
      const deadline = performance.now() + LAST_ANSWER_MS;
      for (;;) {
        const served = await ask();
        if (served.every(({ done }) => done) || performance.now() > deadline) return served;
        await sleep(20);
      }
    },
  };
}

async function playAll(
  client: StormClient,
  plan: readonly StormStream[],
  atOnce: number,
): Promise<readonly StormStory[]> {
  const waiting = [...plan];
  const stories: StormStory[] = [];
  const playLane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      stories.push(await client.play(next));
  };
  await Promise.all(Array.from({ length: atOnce }, playLane));
  return stories;
}

async function ledgerOf(wflo: Wflo): Promise<readonly LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for (;;) {
    const page = await wflo.calls.list({ limit: 1_000, after: lines.at(-1)?.id });
    lines.push(...page);
    if (page.length < 1_000) return lines;
  }
}

function printFates({ judged }: StormBooks): void {
  const dollars = (nanoUsd: bigint) => (Number(nanoUsd) / 1e9).toFixed(4);
  const groups = FATES.flatMap((fate) =>
    [false, true].map((thinks) => ({
      name: thinks ? `${fate}, of a model that thinks` : fate,
      of: judged.filter((one) => one.fate === fate && one.thinks === thinks),
    })),
  );
  printTable(
    ["requests", "count", "billed $", "charged $", "charged / billed", "held $", "entries"],
    groups.map(({ name, of }) => {
      const sum = (what: (one: StormJudgement) => bigint) => of.reduce((all, one) => all + what(one), 0n);
      const [billed, charged] = [sum((one) => one.billedNanoUsd), sum((one) => one.chargedNanoUsd)];
      const kinds = Map.groupBy(of, (one) => one.kinds);
      return [
        name,
        of.length,
        dollars(billed),
        dollars(charged),
        billed === 0n ? "" : (Number(charged) / Number(billed)).toFixed(3),
        dollars(sum((one) => one.heldNanoUsd)),
        Array.from(kinds, ([kind, { length }]) => `${length} ${kind}`).join(", "),
      ];
    }),
  );
  console.log();
}

/** An error of a reader that neither its own abort nor a fault of the provider explains. */
function surprises(stories: readonly StormStory[], served: readonly StormRequest[]): readonly string[] {
  const failed = new Set(
    served.flatMap(({ stream, status, wasCut }) => (status >= 400 || wasCut ? [stream] : [])),
  );
  return stories.flatMap(({ stream, hasLeft, error }) =>
    error === undefined || hasLeft || failed.has(stream.number)
      ? []
      : [`${error} in ${JSON.stringify(stream)}`],
  );
}

function checkBooks(
  promises: Promises,
  books: StormBooks,
  stories: readonly StormStory[],
  served: readonly StormRequest[],
): void {
  const wrong = (...fates: readonly StormFate[]) =>
    books.judged.flatMap((one) => (fates.includes(one.fate) && one.wrong !== undefined ? [one.wrong] : []));
  const none = (promise: string, found: readonly string[]) =>
    promises.check(
      promise,
      found.length === 0,
      found.length === 0 ? "" : `${found.length} not\n  ${found.slice(0, 5).join("\n  ")}`,
    );
  none("no error that no fault explains", surprises(stories, served));
  none("every request has one call with an entry", books.lost);
  none("read to its end or drained: charged to the nano-dollar", wrong("read to its end", "drained"));
  none("cancelled: never below what was served, never above the hold", wrong("cancelled"));
  none("cut by the provider: the same", wrong("cut by the provider"));
  none("refused by the provider: nothing", wrong("refused by the provider"));
  none("nothing is charged that was never sent", books.madeUp);
}

async function checkBudget(
  promises: Promises,
  wflo: Wflo,
  lines: readonly LedgerLine[],
  served: readonly StormRequest[],
): Promise<void> {
  const [window] = (await wflo.budgets.get(BUDGET))?.windows ?? [];
  const entries = lines.reduce((sum, { charged }) => sum + usd(charged).nanoUsd, 0n);
  const billed = served.reduce(
    (sum, { inputTokens = 0, outputTokens = 0 }) => sum + stormCost(inputTokens, outputTokens),
    0n,
  );
  console.log(`spent $${window?.spent}; the provider bills $${Number(billed) / 1e9}`);
  promises.check("0 open holds at the end", window?.reserved === "0.00", `$${window?.reserved} reserved`);
  promises.check(
    "the budget has spent what its entries add up to",
    usd(window?.spent ?? 0).nanoUsd === entries,
  );
  promises.check("and not less than the provider bills", entries >= billed);
  promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).isExact);
}

await runBench("A storm of streams that end in every way", 300, async (promises) => {
  const [seed = Date.now() % 1_000_000, count = STREAMS, atOnce = AT_ONCE] = process.argv
    .slice(2)
    .map(Number)
    .filter(Number.isFinite);
  const isOnPostgres = process.argv.includes("postgres");
  const isOfAiSdk = process.argv.includes("ai-sdk");
  const [reader, store] = [
    isOfAiSdk ? "streamText" : "the openai client",
    isOnPostgres ? "PostgreSQL" : "memory",
  ];
  console.log(`seed ${seed}, ${count} streams of ${reader}, ${atOnce} at once, on ${store}\n`);
  const database = isOnPostgres ? postgres({ url: (await startPostgres()).url }) : undefined;
  const wflo = createWflo({
    database,
    prices: STORM_PRICES,
    logger: false,
    settle: "background",
    drainMs: DRAIN_MS,
  });
  atEnd(() => wflo.close());
  await wflo.budgets.set({ id: BUDGET, caps: { total: CAP } });
  const simulator = await startSimulator(seed);
  let refused = 0;
  wflo.on("budget-exceeded", () => void (refused += 1));

  const started = performance.now();
  const adapter = isOfAiSdk ? stormAiSdk : stormOpenAI;
  const client = new StormClient(adapter, wflo, simulator.url, BUDGET);
  const stories = await playAll(client, planStorm(seed, count), atOnce);
  const readMs = performance.now() - started;
  await allClosed(wflo);
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const closedMs = performance.now() - started;
  const served = await simulator.served();
  const events = stories.reduce((sum, story) => sum + story.events, 0);
  console.log(`${served.length} requests, ${events} events read in ${seconds(readMs)} s`);
  console.log(`the last call closed ${seconds(closedMs - readMs)} s after the last reader had ended`);

  const lines = await ledgerOf(wflo);
  const stalled = lines.filter(({ receipt }) => Number(receipt?.["latencyMs"] ?? 0) >= IDLE_MS);
  console.log(
    `${stalled.length} calls stood still for 30 s, since nobody told them that their reader had left\n`,
  );
  const books = compareStorm(served, stories, lines);
  printFates(books);
  console.log(
    `${books.neverSent} calls were given up before they were sent, ${books.early} cut while they were being sent`,
  );
  promises.check("no call is refused", refused === 0, refused === 0 ? "" : `${refused} are`);
  checkBooks(promises, books, stories, served);
  await checkBudget(promises, wflo, lines, served);
});

/** Waits until nothing is held any more, or until it never will be. */
async function allClosed(wflo: Wflo): Promise<void> {
  const deadline = performance.now() + LAST_CLOSE_MS;
  while (performance.now() < deadline) {
    await wflo.flush();
    if ((await wflo.budgets.get(BUDGET))?.windows[0]?.reserved === "0.00") return;
    await sleep(25);
  }
}
