import { get, request, type IncomingMessage } from "node:http";
import { createWflo, usd, type Wflo } from "@wflo/core";
import { startSimulator, type Simulator, type SimulatorReply } from "@wflo/testkit/simulator";
import OpenAI from "openai";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve } from "./node-server.ts";
import { chatHandler } from "./web-handler.ts";

let wflo: Wflo;
let simulator: Simulator;
let server: Awaited<ReturnType<typeof serve>>;
let reply: SimulatorReply;
/** Requests whose signal told that their client left. */
let left: number;

beforeEach(async () => {
  reply = { text: "Bees dance to tell where the flowers are.", inputTokens: 50 };
  left = 0;
  wflo = createWflo({ logger: false, settle: "background" });
  await wflo.budgets.setDefault({ match: "user/*", caps: { month: "0.10" } });
  simulator = await startSimulator({ reply: () => reply });
  const openai = new OpenAI({ apiKey: "none", baseURL: simulator.url, maxRetries: 0 });
  const userOf = ({ headers }: Request) => headers.get("x-user") ?? undefined;
  const handler = chatHandler({ wflo, openai, userOf });
  server = await serve((asked) => {
    asked.signal.addEventListener("abort", () => (left += 1));
    return handler(asked);
  }, 0);
});

afterEach(async () => {
  await server.close();
  await wflo.close();
  await simulator.close();
});

/** When all calls are over nothing is held any more, and the users have spent what the provider bills. */
async function expectBooksAgree(): Promise<void> {
  const windows = await vi.waitFor(async () => {
    await wflo.flush();
    const found = (await wflo.budgets.list()).flatMap((budget) => budget.windows);
    expect(found.filter(({ reserved }) => reserved !== "0.00")).toEqual([]);
    return found;
  }, 30_000);
  expect(windows.reduce((sum, { spent }) => sum + usd(spent).nanoUsd, 0n)).toBe(billed());
  expect((await wflo.budgets.reconcile()).discrepancies).toEqual([]);
}

/** What the provider bills for all it has served, by $0.40 and $1.60 per million tokens: 400 and 1,600 nano-dollars each. */
function billed(): bigint {
  const { inputTokens, outputTokens } = simulator.billed();
  return BigInt(inputTokens) * 400n + BigInt(outputTokens) * 1_600n;
}

function ask(user: string | undefined, body: unknown = { question: "How do bees talk?" }): Promise<Response> {
  const headers = user === undefined ? {} : { "x-user": user };
  return fetch(server.url, { method: "POST", headers, body: JSON.stringify(body) });
}

/** The events of an answer: all its text, and what came last. */
async function read(response: Response): Promise<{ readonly text: string; readonly end: unknown }> {
  const events = (await response.text()).trim().split("\n\n");
  const data = events.map(
    (event) => JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "{}") as { text?: string },
  );
  return { text: data.map(({ text = "" }) => text).join(""), end: data.at(-1) };
}

/** Asks and hangs up as soon as something of the answer has come in. */
async function askAndLeave(user: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(server.url, { method: "POST", headers: { "x-user": user } });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming: IncomingMessage) =>
      incoming.once("data", () => {
        incoming.on("error", () => {});
        outgoing.destroy();
        resolve();
      }),
    );
    outgoing.end(JSON.stringify({ question: "How do bees talk?" }));
  });
}

const monthOf = async (user: string) => (await wflo.budgets.get(`user/${user}`))?.windows[0];

test("the answer is streamed as it comes, and its end tells what it cost and what is left of the month", async () => {
  const response = await ask("ada");
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  const { text, end } = await read(response);
  expect(text).toBe(reply.text);
  const cost = usd((end as { cost: string }).cost);
  expect(cost.nanoUsd).toBe(billed());
  expect(end).toEqual({ cost: String(cost), left: String(usd("0.10").minus(cost)) });
  expect(await monthOf("ada")).toMatchObject({ window: "month", cap: "0.10", spent: String(cost) });
  await expectBooksAgree();
});

test("each user has a month of their own, made once: a cap that was raised by hand is kept", async () => {
  await read(await ask("ada"));
  await wflo.budgets.set({ id: "user/ada", caps: { month: "2.00" } });
  await Promise.all([ask("ada"), ask("bob")].map(async (response) => read(await response)));
  expect(await monthOf("ada")).toMatchObject({ cap: "2.00" });
  expect(await monthOf("bob")).toMatchObject({ cap: "0.10" });
  expect(usd((await monthOf("ada"))?.spent ?? 0).nanoUsd).toBe((billed() / 3n) * 2n);
  await expectBooksAgree();
});

test("a client that leaves in the middle of its answer costs exactly what the provider bills, and holds nothing back", async () => {
  reply = { outputTokens: 60, inputTokens: 50, tokensPerSecond: 200 };
  await askAndLeave("ada");
  await vi.waitFor(() => expect(left).toBe(1), 30_000);
  await vi.waitFor(async () => expect((await monthOf("ada"))?.spent).not.toBe("0.00"), 30_000);
  // Read on to its end: 50 tokens in and 60 out.
  expect(usd((await monthOf("ada"))?.spent ?? 0).nanoUsd).toBe(50n * 400n + 60n * 1_600n);
  expect(await wflo.calls.list()).toMatchObject([{ kind: "settle" }]);
  await vi.waitFor(
    async () => expect(await wflo.runs.list()).toMatchObject([{ status: "completed" }]),
    30_000,
  );
  await expectBooksAgree();
});

test("two at once on a month that is nearly over spend no more than there is, whoever comes first", async () => {
  reply = { outputTokens: 1_000, inputTokens: 50, tokensPerSecond: 5_000 };
  await wflo.budgets.set({ id: "user/ada", caps: { month: "0.0025" } });
  const responses = await Promise.all([ask("ada"), ask("ada")]);
  const bodies = await Promise.all(responses.map((response) => response.text()));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200, 402]));
  expect(bodies.find((_, at) => responses[at]?.status === 402)).toContain("Budget user/ada has $");
  expect(usd((await monthOf("ada"))?.spent ?? 0).nanoUsd).toBeLessThanOrEqual(usd("0.0025").nanoUsd);
  await expectBooksAgree();
});

test("when the month is over a user is told so with 402 before anything is sent, and others are answered", async () => {
  await wflo.budgets.set({ id: "user/ada", caps: { month: "0.0001" } });
  const refused = await ask("ada");
  expect(refused.status).toBe(402);
  expect(await refused.text()).toMatch(
    /^Budget user\/ada has \$0\.0001 left of \$0\.0001 a month \(resets \d{4}-\d\d-01 UTC\); this call may cost up to \$/,
  );
  expect(simulator.requests).toHaveLength(0);
  expect((await read(await ask("bob"))).text).toBe(reply.text);
  await expectBooksAgree();
});

test("an answer that breaks off ends with an event that says so", async () => {
  reply = { outputTokens: 0, inputTokens: 0, errorAfterChunks: 0 };
  expect((await read(await ask("ada"))).end).toEqual({ message: "The answer broke off." });
  await expectBooksAgree();
});

test("who gives no name or no question gets 401 or 400, and nothing is sent", async () => {
  const statuses = await Promise.all([
    ask(undefined).then(({ status }) => status),
    ask("ada", { prompt: 1 }).then(({ status }) => status),
    new Promise((resolve) =>
      get(server.url, { headers: { "x-user": "ada" } }, (response) => resolve(response.resume().statusCode)),
    ),
  ]);
  expect(statuses).toEqual([401, 400, 400]);
  expect(simulator.requests).toHaveLength(0);
  await expectBooksAgree();
});
