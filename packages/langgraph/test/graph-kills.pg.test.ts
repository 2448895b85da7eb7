import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createWflo, decimalUsd, type Wflo } from "@wflo/core";
import { startSimulator, type Simulator } from "@wflo/testkit/simulator";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { newTenant, openServer, serverUrl } from "./test-server.ts";

const WORKER = fileURLToPath(new URL("graph-worker.ts", import.meta.url));
const NODES = ["b1", "b2", "b3", "b4", "check", "draft", "plan"];
const ANSWER = { inputTokens: 300, outputTokens: 50, latencyMs: 150 };
const ROUNDS = 2;
const MAX_LIVES = 20;

interface Report {
  readonly done?: readonly string[];
  readonly failed?: string;
}

function start(args: readonly string[]): ChildProcess {
  return fork(WORKER, args, { execArgv: ["--no-warnings"] });
}

function reportOf(child: ChildProcess): Promise<Report | undefined> {
  let report: Report | undefined;
  child.on("message", (message) => message !== "ready" && (report = message as Report));
  // What it told last may come after it has ended.
  return Promise.all([once(child, "exit"), once(child, "disconnect")]).then(() => report);
}

/** Nodes whose results the thread has, in checkpoints or beside them. */
async function finished(saver: WfloSaver, threadId: string): Promise<string[]> {
  const tuple = await saver.getTuple({ configurable: { thread_id: threadId } });
  const done = (tuple?.checkpoint.channel_values["done"] ?? []) as string[];
  const pending = (tuple?.pendingWrites ?? []).flatMap(([, channel, value]) =>
    channel === "done" ? (value as string[]) : [],
  );
  return [...done, ...pending];
}

function asked(simulator: Simulator): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { messages } of simulator.requests) {
    const name = /node (\w+)\./.exec(JSON.stringify(messages))?.[1] ?? "";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** A moment in the life of a process, told by what it asked, so that it is the same on a slow machine: kills it then. */
async function killAfter(
  child: ChildProcess,
  simulator: Simulator,
  requests: number,
  delayMs: number,
): Promise<void> {
  const wanted = simulator.requests.length + requests;
  while (simulator.requests.length < wanted && child.exitCode === null) await pause(5);
  await pause(delayMs);
  child.kill("SIGKILL");
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test(
  "a graph whose processes are killed again and again neither runs nor pays for a finished node twice",
  { timeout: 300_000 },
  async () => {
    const tenant = newTenant();
    const simulator = await startSimulator({ reply: () => ANSWER });
    const database = openServer();
    const wflo = createWflo({ database, tenant, logger: false });
    const saver = new WfloSaver({ database, tenant });
    let kills = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const runId = randomUUID();
      const args = [serverUrl(), tenant, simulator.url, runId];
      const alreadyAsked = asked(simulator);
      const moments: { saved: readonly string[]; asked: ReadonlyMap<string, number> }[] = [];
      let done: readonly string[] | undefined;
      for (let life = 0; done === undefined && life < MAX_LIVES; life++) {
        const isKnown = (await wflo.runs.get(runId)) !== undefined;
        const child = start([...args, isKnown ? "take-over" : "start"]);
        const report = reportOf(child);
        const kill = killAfter(
          child,
          simulator,
          1 + ((round + life * 3) % 5),
          ((round * 5 + life) * 61) % 200,
        );
        done = (await report)?.done;
        await kill;
        if (done !== undefined) continue;
        kills += 1;
        moments.push({ saved: await finished(saver, runId), asked: asked(simulator) });
      }
      expect(done?.toSorted()).toEqual(NODES);
      const after = asked(simulator);
      for (const node of NODES) expect(after.get(node)).toBeGreaterThan(alreadyAsked.get(node) ?? 0);
      for (const moment of moments)
        for (const node of moment.saved)
          expect(after.get(node), `${node} was finished`).toBe(moment.asked.get(node));
    }
    await expectBooks(wflo, simulator);
    expect(kills).toBeGreaterThanOrEqual(ROUNDS);
    console.log(`${kills} kills, ${simulator.requests.length} requests for ${ROUNDS * NODES.length} nodes`);
    await wflo.close();
    await simulator.close();
  },
);

async function expectBooks(wflo: Wflo, simulator: Simulator): Promise<void> {
  await wflo.flush();
  expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
  const lines = await wflo.calls.list({ limit: 1_000 });
  const price = decimalUsd(BigInt(ANSWER.inputTokens * 100 + ANSWER.outputTokens * 400));
  const settled = lines.filter(({ kind }) => kind === "settle");
  for (const { charged } of settled) expect(charged).toBe(price);
  for (const { kind, charged, held } of lines.filter((line) => line.kind !== "settle"))
    expect([kind === "void" || charged === held, kind]).toEqual([true, kind]);
  // Each request has its line; a process may die between the line and its request.
  expect(lines.length).toBeGreaterThanOrEqual(simulator.requests.length);
}

test(
  "of two processes that resume one run at once, one wins and the other makes no call",
  { timeout: 300_000 },
  async () => {
    const tenant = newTenant();
    let mayAnswer = Promise.resolve();
    const reply = () => mayAnswer.then(() => ({ ...ANSWER, latencyMs: 300 }));
    const simulator = await startSimulator({ reply });
    const wflo = createWflo({ database: openServer(), tenant, logger: false });
    const runId = randomUUID();
    const args = [serverUrl(), tenant, simulator.url, runId];
    const first = start([...args, "start"]);
    const gone = reportOf(first);
    await once(first, "message");
    await expect.poll(() => simulator.requests.length, { timeout: 60_000 }).toBeGreaterThan(1);
    first.kill("SIGKILL");
    await gone;
    const epochOf = async () => (await wflo.runs.get(runId))?.epoch ?? Number.NaN;
    const [both, epoch] = [Promise.withResolvers<void>(), await epochOf()];
    mayAnswer = both.promise;
    const ended = [start([...args, "take-over"]), start([...args, "take-over"])].map(reportOf);
    await expect.poll(epochOf, { timeout: 60_000 }).toBe(epoch + 2);
    both.resolve();
    const reports = await Promise.all(ended);
    const won = reports.filter((report) => report?.done !== undefined);
    expect(won).toHaveLength(1);
    expect(reports.map((report) => report?.failed)).toContain("WFLO_RUN_SUPERSEDED");
    expect(won[0]?.done?.toSorted()).toEqual(NODES);
    await wflo.flush();
    expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
    await wflo.close();
    await simulator.close();
  },
);
