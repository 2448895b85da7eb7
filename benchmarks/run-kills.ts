import { join } from "node:path";
import { createWflo, type Wflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";
import { BudgetWatch } from "./support/budget-watch.ts";
import { Child } from "./support/child.ts";
import { logFolder } from "./support/crash-crew.ts";
import { compareBooks, type KillBooks } from "./support/kill-books.ts";
import { KillCrew } from "./support/kill-crew.ts";
import { readKillLog } from "./support/kill-log.ts";
import { type KillGround, type KillStory, playRun } from "./support/kill-run.ts";
import type { KillSimulatorMessage, ServedRequest } from "./support/kill-simulator.ts";
import { differences, readRemains, type RunRemains } from "./support/kill-states.ts";
import { STEPS_A_RUN } from "./support/kill-workflow.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { Random } from "./support/random.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** A run of 30 steps with agents at once, killed at random moments and resumed by other processes: nothing paid is done again. */

const KILLS = 200;
const DUELS = 20;
/** Runs that are played side by side, and processes that are kept ready for them. */
const LANES = 2;
const SPARE = 3;
const BUDGET = "kills";
const CAP = "100";
const LOOK_EVERY_MS = 200;

/** The simulator in its own process, and its journal. */
async function startSimulator(): Promise<{
  readonly url: string;
  readonly served: () => Promise<readonly ServedRequest[]>;
}> {
  const child = new Child<KillSimulatorMessage>("./kill-simulator.ts", {});
  const first = await child.message((message) => "url" in message);
  return {
    url: "url" in first ? first.url : "",
    async served() {
      child.send({});
      const told = await child.message((message) => "served" in message);
      return "served" in told ? told.served : [];
    },
  };
}

/** One run that nobody kills: what the others must come to, and how long it takes. */
async function playReference(
  wflo: Wflo,
  ground: Omit<KillGround, "lifeMs" | "startMs">,
): Promise<{ readonly story: KillStory; readonly remains: RunRemains; readonly lifeMs: number }> {
  const started = performance.now();
  const story = await playRun({ ...ground, lifeMs: 0, startMs: 0, left: { kills: 0, duels: 0 } });
  const lifeMs = performance.now() - started;
  return { story, remains: await readRemains(wflo, story.runId), lifeMs };
}

function printDeaths(stories: readonly KillStory[]): void {
  const kills = stories.flatMap((story) => story.kills);
  const between = (least: number, most: number): number =>
    kills.filter(({ hadBegun, finished }) => hadBegun && finished >= least && finished <= most).length;
  printTable(
    ["killed", "processes"],
    [
      ["while it started, connected or claimed", kills.filter(({ hadBegun }) => !hadBegun).length],
      ["with 0 to 5 steps in the store", between(0, 5)],
      ["6 to 12", between(6, 12)],
      ["13 to 20", between(13, 20)],
      ["21 to 27", between(21, 27)],
      ["28 or more", between(28, 99)],
    ],
  );
  const pids = kills.map(({ death }) => death.pid);
  const most = Math.max(...stories.map((story) => story.kills.length));
  console.log(
    `\n${stories.length} runs; ${kills.length} processes ended by SIGKILL, pids ${pids.slice(0, 8).join(", ")}, …; ` +
      `up to ${most} in one run\n`,
  );
}

function checkSteps(promises: Promises, stories: readonly KillStory[]): void {
  const ranAgain = stories.flatMap((story) => story.ranAgain);
  const lines = stories.map(({ logFile }) => readKillLog(logFile));
  const executions = lines.map((log) => log.filter(({ what }) => what === "step").length);
  const inAll = executions.reduce((sum, count) => sum + count, 0);
  const first = stories.length * STEPS_A_RUN;
  console.log(`${inAll} executions of ${first} steps: ${inAll - first} were cut off and done again`);
  promises.check("finished steps run again: 0", ranAgain.length === 0, ranAgain.slice(0, 5).join(", "));
}

function checkBooks(promises: Promises, books: KillBooks): void {
  const { requests, whole, settled, late, inDoubt, neverSent, lost, wrong } = books;
  console.log(
    `${requests} requests at the simulator, ${whole} answered to the end; ${settled} settled to the nano-dollar ` +
      `(${late} of them after a doubt), ${inDoubt} in doubt at their hold; ${neverSent} calls held and never sent`,
  );
  const none = (name: string, found: readonly string[]): void =>
    promises.check(`${name}: 0`, found.length === 0, found.slice(0, 3).join("; "));
  promises.check("every request is settled or in doubt", settled + inDoubt === requests);
  none("requests lost", lost);
  none("entries doubled, made up or of another amount", wrong);
  none("grants and settles acknowledged and gone", books.unacknowledged);
  none("calls granted to an execution that had been superseded", books.afterClaim);
}

function checkDuels(promises: Promises, stories: readonly KillStory[]): void {
  const duels = stories.flatMap((story) => story.duels);
  const kinds = Map.groupBy(duels, ({ kind }) => kind);
  printTable(
    ["two at once", "duels", "one winner", "the other got"],
    Array.from(kinds, ([kind, of]) => [
      kind,
      of.length,
      of.filter(({ winners }) => winners === 1).length,
      [...new Set(of.flatMap(({ losses }) => losses))].join(", "),
    ]),
  );
  const expected = ["RunSupersededError", "RunAliveError"];
  const strays = stories.flatMap(({ logFile }) => {
    const lines = readKillLog(logFile);
    const isOver = new Set<number>();
    return lines.filter(({ pid, what }) => {
      if (what === "over") isOver.add(pid);
      return what === "call" && isOver.has(pid);
    });
  });
  promises.check(
    "of two at once exactly one wins",
    duels.every(({ winners }) => winners === 1),
  );
  promises.check(
    "the other is told so",
    duels.every(({ losses }) => losses.length === 1 && losses.every((name) => expected.includes(name))),
  );
  promises.check("and makes no call after that", strays.length === 0);
}

async function checkRemains(
  promises: Promises,
  wflo: Wflo,
  stories: readonly KillStory[],
  like: RunRemains,
): Promise<void> {
  const found = new Map<string, string[]>();
  for (const { runId } of stories) {
    for (const part of differences(await readRemains(wflo, runId), like)) {
      found.set(part, [...(found.get(part) ?? []), runId]);
    }
  }
  const same = (part: keyof RunRemains): [boolean, string] => [
    !found.has(part),
    found.get(part)?.slice(0, 3).join(", ") ?? "",
  ];
  promises.check("every result is that of a run that nobody killed", ...same("result"));
  promises.check("so are the saved steps", ...same("steps"));
  promises.check("and the latest state of every name", ...same("latest"));
  promises.check("and the line of checkpoints between steps, none twice", ...same("line"));
}

async function checkMoney(promises: Promises, wflo: Wflo, client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ over: string; holds: string }>(
    `select (select count(*) from wflo.budget_window where spent + reserved > cap) as over,
       (select count(*) from wflo.hold) as holds`,
  );
  promises.check("no budget of a run, an agent or all runs over its cap", rows[0]?.over === "0");
  promises.check("0 open holds at the end", rows[0]?.holds === "0");
  promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).isExact);
}

await runBench("Runs killed at random moments, PostgreSQL with fsync", 900, async (promises) => {
  const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
  const kills = Number(process.argv[3] ?? KILLS);
  console.log(`seed ${seed}`);
  const folder = logFolder();
  // Two hundred processes load the same modules.
  process.env["NODE_COMPILE_CACHE"] = join(folder, "compiled");
  const server = await startPostgres();
  const database = postgres({ url: server.url });
  const wflo = createWflo({ database, logger: false });
  atEnd(() => wflo.close());
  await wflo.budgets.set({ id: BUDGET, caps: { total: CAP } });
  const simulator = await startSimulator();
  const crewStarted = performance.now();
  const crew = new KillCrew({ url: server.url, simulatorUrl: simulator.url, budget: BUDGET }, SPARE);
  await crew.take().then((child) => child.stop());
  const startMs = (performance.now() - crewStarted) / SPARE;
  const left = { kills, duels: Math.ceil((kills * DUELS) / KILLS) };
  const base = { database, crew, folder, random: new Random(seed), left };
  const reference = await playReference(wflo, base);
  const { lifeMs } = reference;
  console.log(`a run takes ${lifeMs.toFixed(0)} ms, a process ${startMs.toFixed(0)} ms to start\n`);

  const watch = await BudgetWatch.open(server.url, BUDGET);
  watch.start(LOOK_EVERY_MS);
  const stories: KillStory[] = [];
  const playLane = async (): Promise<void> => {
    while (left.kills > 0) stories.push(await playRun({ ...base, lifeMs, startMs }));
  };
  await Promise.all(Array.from({ length: LANES }, playLane));
  await watch.stop();

  printDeaths(stories);
  promises.check("so many died by SIGKILL", stories.flatMap((story) => story.kills).length === kills);
  const surprises = stories.flatMap((story) => story.surprises);
  promises.check("no process ended in any other way", surprises.length === 0, surprises[0]);
  promises.check(
    "every run was completed",
    stories.every(({ isCompleted }) => isCompleted),
  );
  checkSteps(promises, stories);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const all = [reference.story, ...stories];
  checkBooks(
    promises,
    await compareBooks(
      client,
      await simulator.served(),
      all.map(({ logFile }) => readKillLog(logFile)),
    ),
  );
  promises.check(
    "the budget of all runs: never over its cap",
    watch.overCap.length === 0,
    `${watch.looks} looks`,
  );
  promises.check("its row = entries + holds at every look", watch.unequal.length === 0);
  await checkMoney(promises, wflo, client);
  await checkRemains(promises, wflo, stories, reference.remains);
  console.log();
  checkDuels(promises, stories);
  await client.end();
});
