import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { VerifyReport } from "../src/verify/verify-report.ts";
import { runWflo } from "./support/run-wflo.ts";
import { useOwnDatabase } from "./support/use-own-database.ts";

const database = useOwnDatabase();
const TIMEOUT_MS = 300_000;

/** Processes that a process has started. */
function childrenOf(pid: number): readonly number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => Number(child));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function args(...more: readonly string[]): readonly string[] {
  return ["verify", "--url", database.url, "--callers", "8", "--seed", "11", ...more];
}

async function callsAreMade(): Promise<void> {
  const entries = "select count(*)::int as n from wflo.entry";
  while (Number((await database.query(entries))[0]?.["n"]) < 20) await sleep(20);
}

test(
  "a play on leases keeps what calls on them said, and charges killed processes no more than their leases had",
  async () => {
    const play = async (seconds: string) => {
      const ended = await runWflo(args("--processes", "2", "--seconds", seconds, "--lease", "--json"));
      const report = JSON.parse(ended.stdout) as VerifyReport;
      expect(report.promises.filter(({ kept }) => kept === false)).toEqual([]);
      expect(ended.code).toBe(0);
      return report;
    };
    const leased = ({ leases }: VerifyReport) => leases.taken > 0 && leases.calls > 0;
    // On a machine that is slow no budget may be hot for long enough.
    const report = [await play("5")].find(leased) ?? [await play("10")].find(leased) ?? (await play("20"));
    expect(report.promises.find(({ id }) => id === "leases-exact")).toMatchObject({ kept: true });
    expect(report.leases.calls).toBeGreaterThan(0);
    expect(report.openHoldsAtEnd).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "a play of two processes, killed at every point of a call, ends with exit code 0, its figures as JSON, and no trace",
  async () => {
    const ended = await runWflo(args("--processes", "2", "--seconds", "10", "--json"));
    expect({ stderr: ended.stderr, files: ended.files }).toEqual({ stderr: "", files: [] });
    const report = JSON.parse(ended.stdout) as VerifyReport;
    expect(report.promises.filter(({ kept }) => kept === false)).toEqual([]);
    expect(ended.code).toBe(0);
    expect(report).toMatchObject({
      verdict: "kept",
      store: "postgres",
      place: new URL(database.url).host + new URL(database.url).pathname,
      isKept: false,
      seed: 11,
      processes: 2,
      callers: 8,
      seconds: 10,
      refusedButAffordable: 0,
      reservesOverCap: 0,
      openHoldsAtEnd: 0,
      deadlocks: 0,
      discrepancies: 0,
      errors: [],
    });
    expect(report.calls).toBeGreaterThan(0);
    expect(report.reserveMs.p99).toBeGreaterThan(0);
    expect(Object.values(report.killed).reduce((sum, count) => sum + count)).toBeGreaterThan(1);
    // Those whom others' programs look for: a change here is one for the changelog.
    expect(Object.keys(report)).toMatchInlineSnapshot(`
      [
        "verdict",
        "store",
        "tenant",
        "place",
        "isKept",
        "seed",
        "processes",
        "callers",
        "seconds",
        "calls",
        "leases",
        "pairsPerSecond",
        "reserveMs",
        "waits",
        "refused",
        "busy",
        "paused",
        "aborted",
        "failed",
        "refusedButAffordable",
        "looks",
        "reservesOverCap",
        "seenOverCapByName",
        "overruns",
        "killed",
        "inDoubt",
        "corrected",
        "holdsLeft",
        "openHoldsAtEnd",
        "deadlocks",
        "discrepancies",
        "promises",
        "errors",
      ]
    `);
    expect(report.promises.map(({ id }) => id)).toMatchInlineSnapshot(`
      [
        "hard-cap",
        "no-phantom-refusal",
        "reserves-kept",
        "settles-kept",
        "exact-money",
        "leases-exact",
        "books-balance",
        "holds-end",
        "no-deadlock",
        "own-day",
        "no-surprise",
      ]
    `);
    expect(await database.rows()).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "whoever interrupts a play gets 130, and finds neither rows nor processes nor files of it",
  async () => {
    let workers: readonly number[] = [];
    const ended = await runWflo(args("--processes", "1", "--seconds", "60"), async (pid, kill) => {
      await callsAreMade();
      workers = childrenOf(pid);
      kill("SIGINT");
    });
    expect(ended).toMatchObject({ code: 130, stdout: "", files: [] });
    expect(ended.stderr).toContain("Interrupted. The rows of the play are deleted.");
    expect(workers.length).toBeGreaterThan(1);
    expect(workers.filter(isRunning)).toEqual([]);
    expect(await database.rows()).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "the processes of a play that is killed end by themselves",
  async () => {
    let workers: readonly number[] = [];
    await runWflo(args("--processes", "1", "--seconds", "60"), async (pid, kill) => {
      await callsAreMade();
      workers = childrenOf(pid);
      kill("SIGKILL");
    });
    while (workers.some(isRunning)) await sleep(20);
    // Nobody was left to delete them.
    const [budget] = await database.query("select tenant from wflo.budget limit 1");
    expect(budget?.["tenant"]).toMatch(/^wflo-verify-/);
    await forget(String(budget?.["tenant"]));
  },
  TIMEOUT_MS,
);

test(
  "holds of killed processes that are never closed end the play with exit code 1 and the name of the promise; --keep keeps the rows",
  async () => {
    const [expire] = await database.query("select pg_get_functiondef('wflo.expire'::regproc) as sql");
    await database.query(
      `create or replace function wflo.expire(p_limit int8, p_tenant text) returns jsonb language sql as $$ select '{"closed": 0}'::jsonb $$`,
    );
    onTestFinished(async () => void (await database.query(String(expire?.["sql"]))));
    const ended = await runWflo(args("--processes", "1", "--seconds", "8", "--keep"));
    expect(ended).toMatchObject({ code: 1, stderr: "", files: [] });
    expect(ended.stdout).toContain("✗ no hold outlives its call; those of killed processes are charged");
    expect(ended.stdout).toContain("BROKEN: ");
    const tenant = /kept under the tenant (\S+)\./.exec(ended.stdout)?.[1];
    expect(await database.query("select distinct tenant from wflo.entry")).toEqual([{ tenant }]);
    await forget(String(tenant));
  },
  TIMEOUT_MS,
);

async function forget(tenant: string): Promise<void> {
  for (const table of ["hold", "entry", "budget_window", "budget"])
    await database.query(`delete from wflo.${table} where tenant = $1`, [tenant]);
}
