import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { startSimulator, type Simulator, type SimulatorRequest } from "@wflo/testkit";
import { expect, inject, onTestFinished, test } from "vitest";

const WORKER = fileURLToPath(new URL("workflow-worker.ts", import.meta.url));
const ANSWER = { inputTokens: 300, outputTokens: 50, latencyMs: 60 };
const LOOKS = 7;
const KILLS = 3;

interface Report {
  readonly value?: unknown;
  readonly failed?: string;
  readonly did?: string;
}

/** Lives until it has asked so often more, and a little longer. */
async function live(
  child: ChildProcess,
  simulator: Simulator,
  requests: number,
  delayMs: number,
): Promise<void> {
  const over = endOf(child);
  const wanted = simulator.requests.length + requests;
  while (simulator.requests.length < wanted && child.exitCode === null) await pause(5);
  await pause(delayMs);
  child.kill("SIGKILL");
  await over;
}

/** Its end, and that of what it has told. */
async function endOf(child: ChildProcess): Promise<void> {
  await Promise.all([once(child, "exit"), once(child, "disconnect")]);
}

/** What was done, by its step, and how often. */
function counts(reports: readonly Report[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { did } of reports) if (did !== undefined) found.set(did, (found.get(did) ?? 0) + 1);
  return found;
}

/** Kills the process of a run again and again: no step that was saved by then is done again. Tells what all of them reported. */
async function killed(what: string, reply: (request: SimulatorRequest) => object) {
  const simulator = await startSimulator({ reply });
  onTestFinished(() => simulator.close());
  const url = inject("wfloAdminUrl" as never) as string;
  const [tenant, runId] = [randomUUID(), randomUUID()];
  const wflo = createWflo({ database: postgres({ url }), tenant, logger: false });
  onTestFinished(() => wflo.close());
  const file = join(mkdtempSync(join(tmpdir(), "wflo-mastra-")), "mastra.db");
  const reports: Report[] = [];
  const start = (how: string) => {
    const child = fork(WORKER, [what, url, tenant, simulator.url, runId, file, how], {
      execArgv: ["--no-warnings"],
    });
    child.on("message", (message) => message !== "ready" && reports.push(message as Report));
    return child;
  };
  const moments: { readonly saved: readonly string[]; readonly done: ReadonlyMap<string, number> }[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await live(start(kill === 0 ? "start" : "take-over"), simulator, 1 + (kill % 3), 90 - 30 * kill);
    const steps = (await wflo.runs.get(runId))?.steps ?? [];
    moments.push({ saved: steps.map(({ path }) => path), done: counts(reports) });
  }
  await endOf(start("take-over"));
  const after = counts(reports);
  const again = moments.flatMap(({ saved, done }) =>
    [...done].filter(([step, times]) => saved.includes(step) && after.get(step) !== times),
  );
  expect(again).toEqual([]);
  expect(moments.at(-1)?.saved.some((step) => after.has(step))).toBe(true);
  const lines = await wflo.calls.list({ runId, limit: 1_000 });
  expect(lines.length).toBeGreaterThanOrEqual(simulator.requests.length);
  expect((await wflo.budgets.get(`run/${runId}`))?.windows[0]?.reserved).toBe("0.00");
  expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
  return { reports, requests: simulator.requests.length };
}

test("a workflow of Mastra's that is killed again and again pays for no finished step twice", async () => {
  const { reports, requests } = await killed("workflow", () => ANSWER);
  expect(reports.at(-1)).toEqual({ value: ["xf", "yf", "zf"].map((text) => ({ text })) });
  // a, b, c, i, j, three rounds of l, three items of f. Of what was under way when it was killed, at most three at once, nobody knows the end.
  expect(requests).toBeGreaterThanOrEqual(11);
  expect(requests).toBeLessThanOrEqual(11 + 3 * KILLS);
  expect([...counts(reports).keys()].toSorted()).toEqual([
    "a",
    "b",
    "c",
    "f:0",
    "f:1",
    "f:2",
    "inner/i",
    "inner/j",
    "l:1",
    "l:2",
    "l:3",
  ]);
}, 300_000);

test("an agent of Mastra's that is killed again and again pays for no finished turn twice, and does no finished tool again", async () => {
  const reply = ({ body }: SimulatorRequest) => {
    const done = JSON.stringify(body).match(/function_call_output/g)?.length ?? 0;
    return done < LOOKS
      ? { ...ANSWER, toolCalls: [{ name: "look", arguments: { at: done } }] }
      : { ...ANSWER, text: "All seen." };
  };
  const { reports, requests } = await killed("agent", reply);
  expect(reports.at(-1)).toEqual({ value: "All seen." });
  expect(requests).toBeLessThanOrEqual(LOOKS + 1 + KILLS);
  const done = counts(reports);
  expect(done.size).toBe(LOOKS);
  expect([...done.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(LOOKS + KILLS);
}, 300_000);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
