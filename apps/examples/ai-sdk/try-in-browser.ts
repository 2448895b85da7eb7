import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWflo } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { chromium } from "playwright-core";
import { orSentence } from "../demo/or-sentence.ts";
import { ChatVisitor } from "./chat-visitor.ts";
import { findChromium } from "./find-chromium.ts";
import { startServer, type ServerProcess } from "./server-process.ts";

const COST = /\$0\.\d+, \$0\.\d+ left this month/;
/** After so long the hold of a process that was killed is taken for spent. */
const HOLD_MS = 90_000;

/** Drives the page of the chat server in Chromium, and shows that it does what it says. Takes two minutes: it waits for a dead process's hold. */
async function tryInBrowser(): Promise<void> {
  const browser = await chromium.launch({ executablePath: await findChromium() });
  const folder = await mkdtemp(join(tmpdir(), "wflo-chat-"));
  let server = await startServer(folder, "0.01");
  try {
    const page = await browser.newPage({ viewport: { width: 900, height: 1_000 } });
    const visitor = new ChatVisitor(page);
    await talk(visitor, server);
    await leaveAndComeBack(visitor, server);
    await spendTheMonth(visitor, server);
    if (process.argv[2] !== undefined) await page.screenshot({ path: process.argv[2] });
    await goOn(visitor);
    server = await killInMidAnswer(visitor, server, () => startServer(folder, "0.01"));
    const killedAt = Date.now();
    assert.equal(await server.end(), 0);
    await showDoubt(folder, killedAt);
  } finally {
    await browser.close();
    await server.end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

async function talk(visitor: ChatVisitor, { url }: ServerProcess): Promise<void> {
  await visitor.open(url, "talk");
  await visitor.ask("How do bees talk?");
  const early = await visitor.reads(/^Question 1/);
  const whole = await visitor.reads(COST);
  assert.ok(early.length < whole.length - 50, "The text did not come piece by piece.");
  console.log(`Streamed: "${early}" was there before\n"${whole}"`);
  await visitor.ask("What is left?");
  await visitor.isDone();
  const steps = (await visitor.messages()).at(-1) ?? "";
  assert.match(steps, /^month_left: \$0\.\d+\n.*left\.\n/);
  assert.match(steps, COST);
  console.log(`Over two steps: "${steps}"`);
  await visitor.reload();
  console.log(`Reloaded: ${(await visitor.messages()).length} messages, as they were`);
}

async function leaveAndComeBack(visitor: ChatVisitor, { url }: ServerProcess): Promise<void> {
  await visitor.open(url, "left");
  await visitor.ask("Tell me a story.");
  await visitor.reads(/^Then another bee/);
  const seen = (await visitor.messages())[1] ?? "";
  await visitor.page.goto("about:blank");
  await visitor.open(url, "left");
  console.log(`Left after ${seen.length} characters; the page says "${await visitor.status()}"`);
  const whole = await visitor.reads(/The end\.\s*\$0/);
  assert.match(whole, COST);
  console.log(`Came back to all ${whole.length}`);
}

async function spendTheMonth(visitor: ChatVisitor, { url }: ServerProcess): Promise<void> {
  await visitor.open(url, "spent");
  for (let essays = 1; (await visitor.error()) === ""; essays += 1) {
    assert.ok(essays < 9, "The month does not end.");
    await visitor.ask("Write an essay.");
    await visitor.isDone();
  }
  const refusal = await visitor.error();
  assert.match(refusal, /^Budget user\/ada has \$0\.00\d+ left of \$0\.01 a month/);
  console.log(`Refused: "${refusal}"`);
}

async function goOn(visitor: ChatVisitor): Promise<void> {
  const before = await visitor.messages();
  await visitor.press("Top up");
  await visitor.page.getByRole("button", { name: "Top up" }).waitFor({ state: "hidden" });
  await visitor.press("Ask again");
  await visitor.isDone();
  const after = await visitor.messages();
  assert.deepEqual(after.slice(0, before.length), before);
  assert.match(after.slice(before.length).join(), COST);
  console.log("Topped up: the same question is answered in the same chat");
}

/** Kills the server and starts it again on the same folder. */
async function killInMidAnswer(
  visitor: ChatVisitor,
  server: ServerProcess,
  restart: () => Promise<ServerProcess>,
): Promise<ServerProcess> {
  await visitor.open(server.url, "killed");
  await visitor.ask("Tell me a story.");
  await visitor.reads(/^Then another bee/);
  await server.end("SIGKILL");
  const next = await restart();
  await visitor.open(next.url, "killed");
  assert.deepEqual(await visitor.messages(), ["Tell me a story."]);
  console.log(`Killed and started again: the question is there, "${await visitor.status()}"`);
  await visitor.isDone();
  assert.equal(await visitor.error(), "No answer has come.");
  await visitor.press("Ask again");
  console.log(`Asked again: ${(await visitor.reads(/The end\.\s*\$0/)).length} characters`);
  return next;
}

/** What the ledger has of the killed call. */
async function showDoubt(folder: string, killedAt: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, killedAt + HOLD_MS - Date.now()));
  const wflo = createWflo({ database: pglite(folder) });
  const [line, ...others] = await wflo.calls.list({ inDoubt: true });
  const budget = await wflo.budgets.get("user/ada");
  await wflo.close();
  assert.ok(line !== undefined && others.length === 0, "One call is in doubt.");
  console.log(`In doubt: the killed call, charged $${line.charged}, which it held`);
  console.log(`Left of the month: $${budget?.left}, and $${budget?.windows[0]?.reserved} is held`);
}

await orSentence(tryInBrowser);
