import { createOpenAI } from "@ai-sdk/openai";
import { createWflo, memoryDatabase, usd, type Wflo, type WfloOptions } from "@wflo/core";
import { fakeClock } from "@wflo/testkit";
import { startSimulator, type Simulator, type SimulatorReply } from "@wflo/testkit/simulator";
import { DefaultChatTransport, generateId, readUIMessageStream, type UIMessageChunk } from "ai";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chatHandler } from "./chat-handler.ts";
import type { ChatMessage } from "./chat-threads.ts";

type Handler = ReturnType<typeof chatHandler>;

const URL_OF_CHAT = "http://chat.test/api/chat";

let simulator: Simulator;
let replies: SimulatorReply[];
let nowMs: number;
/** How long a checkpoint takes to be saved. */
let saveMs: number;
let database: ReturnType<typeof memoryDatabase>;
let wflo: Wflo;
let handler: Handler;

beforeEach(async () => {
  // The first one is given once there is no other.
  replies = [{ text: "Bees dance to tell where the flowers are.", inputTokens: 50, outputTokens: 10 }];
  simulator = await startSimulator({ reply: () => (replies.length > 1 ? replies.pop()! : replies[0]!) });
  nowMs = Date.UTC(2026, 2, 10, 12);
  saveMs = 0;
  database = sharedDatabase();
  ({ wflo, handler } = newProcess());
  await wflo.budgets.setDefault({ match: "user/*", caps: { month: "0.10" } });
});

afterEach(async () => {
  await wflo.close();
  await simulator.close();
});

/** One that processes come and go on. */
function sharedDatabase(): ReturnType<typeof memoryDatabase> {
  const memory = memoryDatabase({ now: () => nowMs });
  const put: typeof memory.checkpoints.put = async (what) => {
    await new Promise((resolve) => setTimeout(resolve, saveMs));
    return memory.checkpoints.put(what);
  };
  return { ...memory, checkpoints: { ...memory.checkpoints, put }, close: async () => {} };
}

/** What one process of the server has in it. */
function newProcess(options: WfloOptions = {}): { readonly wflo: Wflo; readonly handler: Handler } {
  const client = createWflo({ database, logger: false, settle: "await", waitMs: 200, ...options });
  const model = createOpenAI({ apiKey: "none", baseURL: simulator.url })("gpt-4.1-mini");
  const userOf = ({ headers }: Request) => headers.get("x-user") ?? undefined;
  return { wflo: client, handler: chatHandler({ wflo: client, model, userOf }) };
}

function questionOf(text: string): ChatMessage {
  return { id: generateId(), role: "user", parts: [{ type: "text", text }] };
}

/** Asks as `useChat` does, with what it asks by. */
function streamOf(
  user: string,
  question: ChatMessage,
  chat = "bees",
): Promise<ReadableStream<UIMessageChunk>> {
  const transport = new DefaultChatTransport<ChatMessage>({
    api: URL_OF_CHAT,
    headers: { "x-user": user },
    fetch: (input, init) => handler(new Request(input, init)),
  });
  const messages = [questionOf("Not read: the server has its own."), question];
  return transport.sendMessages({
    chatId: chat,
    messages,
    trigger: "submit-message",
    messageId: undefined,
    abortSignal: undefined,
  });
}

/** The whole answer, and the errors in its stream. */
async function ask(user: string, asked: string | ChatMessage, chat = "bees") {
  const question = typeof asked === "string" ? questionOf(asked) : asked;
  const errors: string[] = [];
  let answer: ChatMessage | undefined;
  const stream = await streamOf(user, question, chat);
  const onError = (error: unknown) => void errors.push((error as Error).message);
  for await (const message of readUIMessageStream<ChatMessage>({ stream, onError })) answer = message;
  return { question, answer, errors };
}

/** Leaves as soon as the first word is there. */
async function askAndLeave(user: string, question: ChatMessage): Promise<void> {
  const reader = (await streamOf(user, question)).getReader();
  while ((await reader.read()).value?.type !== "text-delta");
  await reader.cancel();
}

/** What a reload of the page shows. */
async function reload(user: string, chat = "bees") {
  const response = await handler(new Request(`${URL_OF_CHAT}?id=${chat}`, { headers: { "x-user": user } }));
  return (await response.json()) as { messages: ChatMessage[]; isAnswering: boolean };
}

async function monthOf(user: string) {
  await wflo.flush();
  return (await wflo.budgets.get(`user/${user}`))?.windows[0];
}

/** What the provider bills, at the prices of gpt-4.1-mini. */
function billed(): bigint {
  const { inputTokens, outputTokens } = simulator.billed();
  return BigInt(inputTokens) * 400n + BigInt(outputTokens) * 1_600n;
}

/** What a user has spent, once it is what the provider bills and nothing is held any more. */
async function spentAsBilled(user: string): Promise<string> {
  const { spent, reserved } = (await monthOf(user)) ?? {};
  expect([usd(spent ?? 0).nanoUsd, reserved]).toEqual([billed(), "0.00"]);
  return spent ?? "";
}

const textOf = ({ parts }: { readonly parts: ChatMessage["parts"] }) =>
  parts.map((part) => (part.type === "text" ? part.text : "")).join("");

/** Waits until nobody answers any more. */
async function answered(user: string): Promise<readonly ChatMessage[]> {
  return vi.waitFor(async () => {
    const { messages, isAnswering } = await reload(user);
    expect(isAnswering).toBe(false);
    return messages;
  }, 30_000);
}

test("an answer tells its cost and what is left of the month as the ledger has them, over all of its steps", async () => {
  const toolCalls = [{ name: "month_left", arguments: {} }];
  replies = [{ text: "You have enough." }, { toolCalls, inputTokens: 333, outputTokens: 7 }];
  for (const question of ["What is left?", "And now?"]) {
    replies.push({ toolCalls, inputTokens: 333, outputTokens: 7 });
    const before = usd((await monthOf("ada"))?.spent ?? 0);
    const { answer } = await ask("ada", question);
    const spent = await spentAsBilled("ada");
    expect(answer?.parts.filter(({ type }) => type === "step-start").length).toBeGreaterThan(1);
    expect(answer?.metadata).toMatchObject({
      cost: usd(spent).minus(before).toString(),
      costKind: "known",
      left: { budgetId: "user/ada", window: "month", amount: usd("0.10").minus(spent).toString() },
    });
  }
});

test("a reload shows the messages of the chat as they came, and each question has those before it", async () => {
  const first = await ask("ada", "How do bees talk?");
  const second = await ask("ada", "And wasps?");
  expect(await reload("ada")).toEqual({
    messages: [first.question, first.answer, second.question, second.answer],
    isAnswering: false,
  });
  expect(simulator.requests[1]?.messages).toHaveLength(3);
  expect((await reload("ada", "other")).messages).toEqual([]);
  expect((await reload("bob")).messages).toEqual([]);
});

test("a client that leaves in mid-answer loses nothing: the answer is saved whole, and charged exactly", async () => {
  saveMs = 20;
  const text = "Bees dance to tell where the flowers are, for as long as it takes to tell it. ".repeat(3);
  replies = [{ text, tokensPerSecond: 150 }];
  const question = questionOf("How do bees talk?");
  await askAndLeave("ada", question);
  expect(await reload("ada")).toEqual({ messages: [question], isAnswering: true });
  const [, answer] = await answered("ada");
  expect(answer && textOf(answer)).toBe(text);
  expect(answer?.metadata?.cost).toBe(await spentAsBilled("ada"));
  expect(await wflo.runs.list()).toMatchObject([{ status: "completed" }]);
});

test("a client that leaves before a tool is called gets the steps after it all the same", async () => {
  const toolCalls = [{ name: "month_left", arguments: {} }];
  replies = [{ text: "You have enough." }, { toolCalls, latencyMs: 100 }];
  await (await streamOf("ada", questionOf("What is left?"))).cancel();
  const [, answer] = await answered("ada");
  expect(answer && textOf(answer)).toBe("You have enough.");
  expect(answer?.metadata?.cost).toBe(await spentAsBilled("ada"));
});

test("a server that is asked to end while nobody reads an answer any more saves it first", async () => {
  saveMs = 50;
  replies = [{ text: "Bees dance. ".repeat(20), tokensPerSecond: 200 }];
  await askAndLeave("ada", questionOf("How do bees talk?"));
  await wflo.close();
  ({ wflo, handler } = newProcess());
  const { messages } = await reload("ada");
  expect(messages.map(textOf)).toEqual(["How do bees talk?", "Bees dance. ".repeat(20)]);
});

test("a month that is spent is told as an error of the stream, nothing is sent, and after a top-up the chat goes on", async () => {
  const first = await ask("ada", "How do bees talk?");
  await wflo.budgets.set({ id: "user/ada", caps: { month: "0.0001" } });
  const refused = await ask("ada", "And wasps?");
  expect(refused.errors).toEqual([
    expect.stringMatching(
      /^Budget user\/ada has \$0\.0\d+ left of \$0\.0001 a month \(resets 2026-04-01 UTC\);/,
    ),
  ]);
  expect(simulator.requests).toHaveLength(1);
  expect((await reload("ada")).messages).toEqual([first.question, first.answer, refused.question]);

  await wflo.budgets.set({ id: "user/ada", caps: { month: "0.05" } });
  const again = await ask("ada", refused.question);
  expect(again.errors).toEqual([]);
  expect((await reload("ada")).messages).toEqual([
    first.question,
    first.answer,
    refused.question,
    again.answer,
  ]);
  await spentAsBilled("ada");
});

test("users do not share a month: one whose month is spent keeps nobody else from asking", async () => {
  await ask("ada", "How do bees talk?");
  await wflo.budgets.set({ id: "user/ada", caps: { month: "0.0001" } });
  const [ada, bob] = await Promise.all([ask("ada", "And wasps?"), ask("bob", "And wasps?")]);
  expect([ada.errors.length, bob.errors.length]).toEqual([1, 0]);
  expect(bob.answer?.metadata?.left).toMatchObject({ budgetId: "user/bob" });
  const spent = await Promise.all(["ada", "bob"].map(async (user) => (await monthOf(user))?.spent));
  expect(spent[0]).toBe(spent[1]);
});

test("two questions at once in one chat are both kept, with their answers", async () => {
  const asked = await Promise.all([ask("ada", "How do bees talk?"), ask("ada", "And wasps?")]);
  const { messages } = await reload("ada");
  expect(messages).toHaveLength(4);
  expect(messages).toEqual(
    expect.arrayContaining(asked.flatMap(({ question, answer }) => [question, answer])),
  );
});

test("an answer that breaks off keeps what came of it, and its error tells nothing of the inside", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  replies = [{ text: "Bees dance to tell where the flowers are.", errorAfterChunks: 3 }];
  const { question, answer, errors } = await ask("ada", "How do bees talk?");
  expect(errors).toEqual(["The answer broke off. Please ask again."]);
  expect(log).toHaveBeenCalledTimes(1);
  expect((await reload("ada")).messages).toEqual([question, answer]);
  log.mockRestore();
});

test("after a process was killed in mid-answer the chat goes on in the next, and the ledger has the call in doubt", async () => {
  // Its clock stands still: it shows no sign of life.
  const killed = newProcess({ clock: fakeClock(nowMs) });
  handler = killed.handler;
  replies = [{ neverAnswer: true }];
  const question = questionOf("How do bees talk?");
  const stream = await streamOf("ada", question);
  await vi.waitFor(() => expect(simulator.requests).toHaveLength(1), 30_000);
  replies = [{ text: "Bees dance." }];

  ({ handler } = newProcess());
  expect(await reload("ada")).toEqual({ messages: [question], isAnswering: true });
  nowMs += 100_000;
  expect(await reload("ada")).toEqual({ messages: [question], isAnswering: false });
  const { answer, errors } = await ask("ada", question);
  expect(errors).toEqual([]);
  expect((await reload("ada")).messages).toEqual([question, answer]);
  const [doubt, ...others] = await wflo.calls.list({ inDoubt: true });
  expect([doubt?.kind, others]).toEqual(["expire", []]);
  const spent = usd(doubt?.charged ?? 0).plus(answer?.metadata?.cost ?? 0);
  expect(await monthOf("ada")).toMatchObject({ spent: String(spent), reserved: "0.00" });
  await stream.cancel();
});

test("who gives no name, no chat or no question of their own gets 401 or 400, and nothing is sent or saved", async () => {
  const post = (user: string | undefined, body: unknown) =>
    handler(
      new Request(URL_OF_CHAT, {
        method: "POST",
        headers: user === undefined ? {} : { "x-user": user },
        body: JSON.stringify(body),
      }),
    );
  const message = questionOf("How do bees talk?");
  const responses = await Promise.all([
    post(undefined, { id: "bees", messages: [message] }),
    handler(new Request(URL_OF_CHAT, { headers: { "x-user": "ada" } })),
    handler(new Request(`${URL_OF_CHAT}?id=bob/bees`, { headers: { "x-user": "ada" } })),
    post("ada", { id: "../bob/bees", messages: [message] }),
    post("ada", { id: "bees", messages: [] }),
    post("ada", { id: "bees", messages: [{ ...message, role: "system" }] }),
  ]);
  expect(responses.map(({ status }) => status)).toEqual([401, 400, 400, 400, 400, 400]);
  expect(simulator.requests).toHaveLength(0);
  expect((await reload("ada")).messages).toEqual([]);
});
