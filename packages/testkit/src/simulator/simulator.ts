import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Fixture } from "@copilotkit/aimock";
import { answerRequest } from "./exchange.ts";
import { sendHttpError } from "./failures.ts";
import { type BilledTotals, Journal, type JournalEntry } from "./journal.ts";
import { OtherEndpoints } from "./other-endpoints.ts";
import type { SimulatorReply } from "./simulator-reply.ts";
import { readRequest, type SimulatorRequest } from "./simulator-request.ts";

/** How a simulator answers. */
export interface SimulatorOptions {
  /** Called once for every chat or responses request, in the order in which they come in. */
  readonly reply: (request: SimulatorRequest) => SimulatorReply | Promise<SimulatorReply>;
  /** Default: a free one. */
  readonly port?: number;
  /** How many requests `requests` and `journal` keep; `billed()` counts all. Default 100,000. */
  readonly keep?: number;
  /** aimock fixtures for every other endpoint, such as embeddings. */
  readonly fixtures?: readonly Fixture[];
}

/** A running simulator. */
export interface Simulator {
  /** The base URL for the openai client, ending in `/v1`. */
  readonly url: string;
  readonly requests: readonly SimulatorRequest[];
  readonly journal: readonly Readonly<JournalEntry>[];
  /** What a provider would have billed by now, also for answers that were cut, abandoned or never given. */
  billed(): BilledTotals;
  /** Ends everything at once, open answers too. */
  close(): Promise<void>;
}

const KEEP = 100_000;
const BACKLOG = 4096;

/** Starts a local provider that speaks `/v1/chat/completions` and `/v1/responses` over real HTTP, with full usage details. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const journal = new Journal(options.keep ?? KEEP);
  const others = new OtherEndpoints(options.fixtures ?? []);
  const closing = new AbortController();
  let next = 0;

  const server = createServer((incoming, response) => {
    void handle(incoming, response).catch((error: unknown) => {
      if (closing.signal.aborted || response.destroyed) return;
      if (response.headersSent) response.socket?.destroy();
      else
        sendHttpError(response, 500, {
          errorCode: error instanceof Error ? error.message : "simulator_error",
        });
    });
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const api = apiOf(incoming);
    if (!api) return others.handle(incoming, response);
    const body = bodyOf(await text(incoming));
    if (!body) return sendHttpError(response, 400, { errorCode: "invalid_json" });
    const request = readRequest(api, body, headersOf(incoming), next++);
    const entry = journal.open(request);
    const gone = new AbortController();
    const hangUp = (): void => {
      gone.abort();
      response.socket?.destroy();
    };
    response.on("close", () => {
      entry.done = true;
      entry.clientGone = !response.writableFinished && !gone.signal.aborted && !closing.signal.aborted;
      gone.abort();
    });
    const reply = await options.reply(request);
    await answerRequest({ request, reply, response, journal, entry, signal: gone.signal, hangUp });
  }

  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", BACKLOG, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: journal.requests,
    journal: journal.entries,
    billed: () => journal.billed(),
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, others.close()]);
    },
  };
}

function apiOf({ method, url = "" }: IncomingMessage): SimulatorRequest["api"] | undefined {
  const path = url.split("?")[0];
  if (method !== "POST") return undefined;
  return path === "/v1/chat/completions" ? "chat" : path === "/v1/responses" ? "responses" : undefined;
}

function bodyOf(json: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(json);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
}
