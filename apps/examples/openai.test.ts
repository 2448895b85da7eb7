import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { examplesOf } from "./run-example.ts";

const { fileOf, environment, run: example } = examplesOf("openai");

test("basic makes a call, a stream and a loop of tools, and tells what each cost and what is left", async () => {
  const { code, stdout, stderr } = await example("basic");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain('A chat call:\nYou asked: "What is a hard budget, in one sentence?"');
  expect(stdout).toContain('A streamed response:\nYou asked: "Why is money held before a call is sent?"');
  expect(stdout).toMatch(/^- 1\. .*\n- 2\. .*$/m);
  const costs = Array.from(
    stdout.matchAll(/^ {2}\$(\S+) +openai\/gpt-4\.1-mini: \d+ tokens in, \d+ out$/gm),
    ([, cost]) => Number(cost),
  );
  expect(costs).toHaveLength(5);
  const [, spent, left] = /^\$(\S+) of \$0\.50 is spent today; \$(\S+) is left\.$/m.exec(stdout) ?? [];
  expect(Number(spent)).toBeCloseTo(
    costs.reduce((sum, cost) => sum + cost, 0),
    9,
  );
  expect(Number(left)).toBeCloseTo(0.5 - Number(spent), 9);
});

test(
  "an agent loop stopped at its budget is gone on with by another process, which pays no turn twice",
  { timeout: 300_000 },
  async () => {
    const stopped = await example("stop-at-budget");
    expect([stopped.code, stopped.stderr]).toEqual([0, ""]);
    expect(stopped.stdout).toMatch(
      /^Budget run\/\S+ has \$\S+ left of \$0\.004; this call may cost up to \$\S+\. Raise the cap or lower maxOutputTokens\.\n/,
    );
    const [, runId, calls, spent] =
      /^Run (\S+) is paused: (\d+) calls for \$(\S+), and none more was sent\.$/m.exec(stopped.stdout) ?? [];
    expect(stopped.stdout).toContain(`Go on with: npm run example openai/resume ${runId}\n`);
    const turns = Array.from({ length: Number(calls) }, (_, at) => `turn:${at + 1}`);
    expect(turns.length).toBeGreaterThan(1);
    expect(stopped.stdout).toContain(`Saved: ${turns.join(", ")}\n`);

    const resumed = await example("resume", runId ?? "");
    expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
    const lines = resumed.stdout.split("\n");
    expect(lines.slice(0, turns.length)).toEqual(
      turns.map((turn) => `  ${turn} was saved before and is not paid again`),
    );
    const done = lines.filter((line) => line.endsWith(" is done now"));
    expect(done[0]).toBe(`  turn:${turns.length + 1} is done now`);
    expect(resumed.stdout).toMatch(/^- 1\. Hold the bound, charge the bill/m);
    expect(resumed.stdout).toContain(`$${spent} before and $`);
    expect(resumed.stdout).toContain(` for ${turns.length + done.length} calls.\n`);

    expect(await example("resume")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("There is nothing to resume"),
    });
  },
);

test(
  "the web server answers, tells the cost, and ends when it is asked to",
  { timeout: 300_000 },
  async () => {
    const server = spawn(process.execPath, [fileOf("web-server")], { env: environment });
    onTestFinished(() => void server.kill("SIGKILL"));
    const [line] = (await once(createInterface(server.stdout), "line")) as [string];
    const url = /curl -N (\S+)/.exec(line)?.[1] ?? "";
    const headers = { "x-user": "ada" };
    const response = await fetch(url, { method: "POST", headers, body: '{"question":"Who are you?"}' });
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(
      /event: end\ndata: \{"cost":"0\.0000\d+","left":"0\.2499\d+"\}\n\n$/,
    );
    server.kill("SIGTERM");
    expect(await once(server, "exit")).toEqual([0, null]);
  },
);
