import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { startSimulator, type Simulator, type SimulatorRequest } from "@wflo/testkit";
import { expect, inject, onTestFinished, test } from "vitest";

const WORKER = fileURLToPath(new URL("agent-worker.ts", import.meta.url));
const LOOKS = 6;
const KILLS = 3;
const ANSWER = { inputTokens: 300, outputTokens: 50, latencyMs: 100 };

interface Report {
  readonly text?: string;
  readonly failed?: string;
  readonly looked?: number;
}

/** Asks for one look after the other, then answers. */
function reply({ messages }: SimulatorRequest) {
  const done = messages.filter((message) => (message as { role: string }).role === "tool").length;
  return done < LOOKS
    ? { ...ANSWER, toolCalls: [{ name: "look", arguments: { at: done } }] }
    : { ...ANSWER, text: "All seen." };
}

/** Lives until it has asked or looked so often more, and a little longer; tells what it reported. */
async function live(
  child: ChildProcess,
  simulator: Simulator,
  requests: number,
  delayMs: number,
): Promise<Report[]> {
  const reports: Report[] = [];
  child.on("message", (message) => message !== "ready" && reports.push(message as Report));
  // What it told last may come after it has ended.
  const over = Promise.all([once(child, "exit"), once(child, "disconnect")]);
  const wanted = simulator.requests.length + requests;
  while (simulator.requests.length < wanted && child.exitCode === null) await pause(5);
  await pause(delayMs);
  child.kill("SIGKILL");
  await over;
  return reports;
}

test("an agent that is killed again and again pays for no finished turn twice, and does no finished tool again", async () => {
  const simulator = await startSimulator({ reply });
  onTestFinished(() => simulator.close());
  const url = inject("wfloAdminUrl" as never) as string;
  const tenant = randomUUID();
  const runId = randomUUID();
  const start = (how: string) =>
    fork(WORKER, [url, tenant, simulator.url, runId, how], { execArgv: ["--no-warnings"] });
  const reports = await live(start("start"), simulator, 1, 130);
  for (let kill = 1; kill < KILLS; kill += 1)
    reports.push(...(await live(start("take-over"), simulator, 1 + (kill % 2), 40 * kill)));
  const last = start("take-over");
  last.on("message", (message) => message !== "ready" && reports.push(message as Report));
  await Promise.all([once(last, "exit"), once(last, "disconnect")]);

  expect(reports.at(-1)).toEqual({ text: "All seen." });
  // Of what was under way when it was killed nobody knows the end: that is done again, and nothing else.
  expect(simulator.requests.length).toBeLessThanOrEqual(LOOKS + 1 + KILLS);
  const looked = reports.flatMap(({ looked: at }) => (at === undefined ? [] : [at]));
  expect(new Set(looked)).toEqual(new Set(Array.from({ length: LOOKS }, (_, at) => at)));
  expect(looked.length).toBeLessThanOrEqual(LOOKS + KILLS);

  const wflo = createWflo({ database: postgres({ url }), tenant, logger: false });
  onTestFinished(() => wflo.close());
  const lines = await wflo.calls.list({ runId });
  const settled = lines.filter(({ kind }) => kind === "settle");
  expect(settled.length).toBeGreaterThanOrEqual(LOOKS + 1);
  expect(lines.length).toBe(simulator.requests.length);
  const [window] = (await wflo.budgets.get(`run/${runId}`))?.windows ?? [];
  expect(window?.reserved).toBe("0.00");
}, 300_000);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
