import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createWflo, type LedgerLine, type Wflo, type WfloOptions } from "@wflo/core";
import { startSimulator, type Simulator, type SimulatorReply } from "@wflo/testkit/simulator";
import { wfloOpenAI, type WfloOpenAIOptions } from "@wflo/openai";
import OpenAI, { type ClientOptions } from "openai";
import { onTestFinished } from "vitest";

export const MODEL = "gpt-4.1-nano";
export const CHAT = { model: MODEL, messages: [{ role: "user" as const, content: "Say something nice." }] };
export const RESPONSE = { model: MODEL, input: "Say something nice." };

/** A wflo with a budget `user` of one dollar, closed after the test. */
export async function newWflo(options: WfloOptions = {}, total = "1.00"): Promise<Wflo> {
  const wflo = createWflo({ logger: false, waitMs: 2_000, drainMs: 1_000, settle: "background", ...options });
  onTestFinished(() => wflo.close().catch(() => {}));
  await wflo.budgets.set({ id: "user", caps: { total } });
  return wflo;
}

/** A simulator that gives these answers in turn, the last for ever. */
export async function simulate(...replies: readonly SimulatorReply[]): Promise<Simulator> {
  const reply = (request: { index: number }) => replies[Math.min(request.index, replies.length - 1)] ?? {};
  const simulator = await startSimulator({ reply });
  onTestFinished(() => simulator.close());
  return simulator;
}

/** A server that answers as the handler says; resolves with its base URL. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handle);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** A client of the SDK without wflo. */
export function plain(baseURL: string, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL, apiKey: "sk-secret", maxRetries: 0, ...options });
}

/** The same under the budget `user`. */
export function metered(
  baseURL: string,
  wflo: Wflo,
  options: ClientOptions = {},
  wrapper: WfloOpenAIOptions = {},
): OpenAI {
  return wfloOpenAI(plain(baseURL, options), { wflo, budgets: ["user"], ...wrapper });
}

/** The ledger as soon as it has so many lines, or what it has after three seconds. */
export async function lines(wflo: Wflo, count: number): Promise<readonly LedgerLine[]> {
  const deadline = performance.now() + 3_000;
  for (;;) {
    const found = await wflo.calls.list();
    if (found.length >= count || performance.now() > deadline) return found;
    await pause(5);
  }
}

export async function reserved(wflo: Wflo): Promise<string | undefined> {
  await wflo.flush();
  return (await wflo.budgets.get("user"))?.windows[0]?.reserved;
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What a promise rejects with, or its value. */
export const settled = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
