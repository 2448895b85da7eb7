import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createWflo, type CrashPoint, type Database, type Wflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import pg from "pg";
import { BudgetWatch } from "./support/budget-watch.ts";
import { logFolder, type Member, resultsOf, startCrew } from "./support/crash-crew.ts";
import { type Expired, expireHolds, findAcknowledged, type Found } from "./support/crash-ledger.ts";
import { readCrashLogs } from "./support/crash-log.ts";
import { printTable } from "./support/print-table.ts";
import type { Promises } from "./support/promises.ts";
import { Random } from "./support/random.ts";
import { atEnd, runBench } from "./support/run-bench.ts";
import { type BenchServer, startPostgres } from "./support/start-postgres.ts";

/** Processes killed at every point of a call, and the server killed under them: no money is lost and none made up. */

const ROUNDS = 3;
const CALLERS = 8;
const ROUND_MS = 3_000;
/** Gone before the round is over, so that the last calls are made at the cap. */
const ROUND_CAP = "4";
const OUTAGES_MS = 10_000;
const POINTS: readonly CrashPoint[] = ["before-reserve", "after-reserve", "after-answer", "before-settle"];

interface Ground {
  readonly server: BenchServer;
  readonly database: Database;
  readonly wflo: Wflo;
  readonly folder: string;
  readonly random: Random;
  readonly promises: Promises;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

function tally(member: Member): string {
  const result = resultsOf([member])[0];
  return result === undefined ? "" : `${result.calls} calls, ${result.refused} refused`;
}

async function printDeaths(crew: readonly Member[]): Promise<void> {
  const deaths = await Promise.all(crew.map(({ child }) => child.death));
  printTable(
    ["process", "meant to die", "ended with", "told"],
    crew.map((member, at) => {
      const death = deaths[at];
      return [`pid ${death?.pid}`, member.fate, death?.signal ?? `exit code ${death?.code}`, tally(member)];
    }),
  );
}

function checkEnd(promises: Promises, found: Found, expired: Expired, watch: BudgetWatch): void {
  const { left, closed, chargedInDoubt } = expired;
  promises.check("never over the cap", watch.overCap.length === 0, `${watch.looks} looks`);
  promises.check("row = entries + holds at every look", watch.unequal.length === 0);
  promises.check("every acknowledged reserve is in the ledger", found.lostReserves === 0);
  promises.check("every acknowledged settle is in the ledger", found.lostSettles === 0);
  const detail = `${left} left open, ${closed} closed, ${chargedInDoubt} charged in full`;
  promises.check(
    "the holds of the dead are charged, in doubt",
    left === closed && closed === chargedInDoubt,
    detail,
  );
}

/** One round: four that kill themselves, one that is killed, one that lives. */
async function killProcesses(ground: Ground, round: number): Promise<void> {
  const { server, database, wflo, folder, random, promises } = ground;
  const budget = `crash/${round}`;
  await wflo.budgets.set({ id: budget, caps: { total: ROUND_CAP } });
  const logs = Array.from({ length: 6 }, (_, at) => join(folder, `${round}-${at}.log`));
  const tasks = logs.map((logFile, at) => {
    const point = POINTS[at];
    const crash = point === undefined ? undefined : { point, passings: random.between(5, 40) };
    const fate = crash ? `${point}, passing ${crash.passings}` : at < 5 ? "from outside" : "not";
    const seed = random.between(1, 1_000_000);
    return { url: server.url, budget, callers: CALLERS, seed, logFile, forMs: ROUND_MS, crash, fate };
  });
  const watch = await BudgetWatch.open(server.url, budget);
  const crew = await startCrew(tasks);
  watch.start(40);
  const outside = crew.slice(4, 5).map(async ({ child }) => {
    await sleep(random.between(300, 1_500));
    child.kill("SIGKILL");
  });
  await Promise.all([...outside, ...crew.map(({ child }) => child.death)]);
  await watch.stop();
  console.log(`\nround ${round}:`);
  await printDeaths(crew);
  const client = await connect(server.url);
  const found = await findAcknowledged(client, readCrashLogs(logs));
  const expired = await expireHolds(client, database, budget);
  await client.end();
  const end = await watch.judge();
  checkEnd(promises, found, expired, watch);
  const deaths = await Promise.all(crew.map(({ child }) => child.death));
  const asMeant = deaths.every(({ signal }, at) => (at < 5 ? signal === "SIGKILL" : signal === null));
  promises.check("no settle is undone by the death of a process", found.undoneSettles === 0);
  promises.check("five died by SIGKILL, one lived", asMeant);
  promises.check("0 open holds at the end", end.openHolds === 0 && end.reserved === 0n);
  const errors = resultsOf(crew).flatMap((result) => result.errors);
  promises.check("no unexpected error in those that lived", errors.length === 0, errors[0]);
}

/** The server is stopped as by `pg_ctl stop -m immediate` three times, then killed outright, and started again each time. */
async function killServer(ground: Ground): Promise<void> {
  const { server, database, wflo, folder, random, promises } = ground;
  const budget = "crash/server";
  await wflo.budgets.set({ id: budget, caps: { total: "1000" } });
  const logs = Array.from({ length: 4 }, (_, at) => join(folder, `server-${at}.log`));
  const tasks = logs.map((logFile) => {
    const seed = random.between(1, 1_000_000);
    return { url: server.url, budget, callers: CALLERS, seed, logFile, forMs: OUTAGES_MS, fate: "not" };
  });
  const crew = await startCrew(tasks);
  for (const signal of ["SIGQUIT", "SIGQUIT", "SIGQUIT", "SIGKILL"] as const) {
    await sleep(random.between(1_000, 1_500));
    await server.crash(signal);
    await sleep(200);
    await server.start();
  }
  const watch = await BudgetWatch.open(server.url, budget);
  watch.start(40);
  await Promise.all(crew.map(({ child }) => child.death));
  await watch.stop();
  console.log("\nthe server killed four times under four processes:");
  await printDeaths(crew);
  const client = await connect(server.url);
  const told = readCrashLogs(logs);
  const found = await findAcknowledged(client, told);
  const expired = await expireHolds(client, database, budget);
  await client.end();
  const end = await watch.judge();
  console.log(
    `${told.reserved.size} reserves and ${told.settled.size} settles acknowledged; ${found.undoneSettles} settles undone`,
  );
  checkEnd(promises, found, expired, watch);
  promises.check("0 open holds at the end", end.openHolds === 0 && end.reserved === 0n);
  const results = resultsOf(crew);
  const recovered = results.filter(
    ({ unavailable, callsAfterOutage }) => unavailable > 0 && callsAfterOutage > 0,
  );
  promises.check("every process failed closed, then went on", recovered.length === crew.length);
  const errors = results.flatMap((result) => result.errors);
  promises.check("nothing but StoreUnavailableError in the meantime", errors.length === 0, errors[0]);
}

await runBench("Killed processes and a killed server, PostgreSQL with fsync", 300, async (promises) => {
  const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const server = await startPostgres();
  const database = postgres({ url: server.url });
  const wflo = createWflo({ database, logger: false });
  atEnd(() => wflo.close());
  const ground = { server, database, wflo, folder: logFolder(), random: new Random(seed), promises };
  for (let round = 1; round <= ROUNDS; round += 1) await killProcesses(ground, round);
  await killServer(ground);
  console.log();
  promises.check("wflo.budgets.reconcile() finds nothing", (await wflo.budgets.reconcile()).isExact);
});
