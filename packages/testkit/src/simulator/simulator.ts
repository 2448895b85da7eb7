import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { arrayBuffer } from "node:stream/consumers";
import type { Fixture } from "@copilotkit/aimock";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { answerRequest } from "./exchange.ts";
import { sendBody, sendHttpError } from "./failures.ts";
import { Files } from "./files.ts";
import { Jobs } from "./jobs.ts";
import { type BilledTotals, Journal, type JournalEntry } from "./journal.ts";
import { OtherEndpoints } from "./other-endpoints.ts";
import { readBody, type RequestBody } from "./read-body.ts";
import type { SimulatorReply } from "./simulator-reply.ts";
import { readRequest, type SimulatorRequest } from "./simulator-request.ts";
import type { WireBody } from "./wire.ts";

/** How a simulator answers. */
export interface SimulatorOptions {
  /** Called once for every paid request, in the order in which they come in. */
  readonly reply: (request: SimulatorRequest) => SimulatorReply | Promise<SimulatorReply>;
  /** Default: a free one. */
  readonly port?: number;
  /** How many requests `requests` and `journal` keep; `billed()` counts all. Default 100,000. */
  readonly keep?: number;
  /** aimock fixtures for every other endpoint, such as moderations. */
  readonly fixtures?: readonly Fixture[];
}

/** A running simulator. */
export interface Simulator {
  /** The base URL for the openai client, ending in `/v1`. */
  readonly url: string;
  /** The same without a path: paths are known by their ends, so that any base may be added. */
  readonly origin: string;
  readonly requests: readonly SimulatorRequest[];
  readonly journal: readonly Readonly<JournalEntry>[];
  /** What a provider would have billed by now, also for answers that were cut, abandoned or never given. */
  billed(): BilledTotals;
  /** Ends everything at once, open answers too. */
  close(): Promise<void>;
}

const KEEP = 100_000;
const BACKLOG = 4096;

/**
 * Starts a local provider that speaks OpenAI's protocol over real HTTP, with full usage details: chat, responses (also in the
 * background), completions, embeddings, images, audio, files and batches.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const journal = new Journal(options.keep ?? KEEP);
  const jobs = new Jobs(journal);
  const files = new Files();
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
    const { pathname } = new URL(incoming.url ?? "", "http://simulator");
    const endpoint = endpointOf(incoming.method ?? "", pathname);
    if (endpoint === undefined) return others.handle(incoming, response);
    const isEmpty = incoming.method === "GET" || endpoint.kind === "job";
    const type = incoming.headers["content-type"] ?? "";
    const body = isEmpty ? {} : await readBody(new Uint8Array(await arrayBuffer(incoming)), type);
    if (!body) return sendHttpError(response, 400, { errorCode: "invalid_json" });
    if (endpoint.kind === "paid") return pay(endpoint, { incoming, response, body });
    const found = await lookUp(endpoint, { jobs, files, body });
    if (found === undefined) return sendHttpError(response, 404, { errorCode: "not_found" });
    sendBody(response, 200, found);
  }

  async function pay(
    { api }: Extract<Endpoint, { kind: "paid" }>,
    asked: { incoming: IncomingMessage; response: ServerResponse; body: RequestBody },
  ): Promise<void> {
    const { incoming, response, body } = asked;
    const request = readRequest({
      api,
      path: incoming.url ?? "",
      body,
      headers: headersOf(incoming),
      index: next++,
    });
    const entry = journal.open(request);
    const gone = new AbortController();
    const hangUp = (): void => {
      gone.abort();
      response.socket?.destroy();
    };
    response.on("close", () => {
      entry.done = !jobs.isWorking(entry);
      entry.clientGone = !response.writableFinished && !gone.signal.aborted && !closing.signal.aborted;
      gone.abort();
    });
    const reply = await options.reply(request);
    const exchange = { request, reply, response, journal, entry, jobs, files, signal: gone.signal, hangUp };
    await answerRequest(exchange);
  }

  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", BACKLOG, resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/v1`,
    origin,
    requests: journal.requests,
    journal: journal.entries,
    billed: () => journal.billed(),
    async close() {
      closing.abort();
      jobs.close();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, others.close()]);
    },
  };
}

/** What is free to ask for: jobs and files. */
async function lookUp(
  endpoint: Exclude<Endpoint, { kind: "paid" }>,
  { jobs, files, body }: { readonly jobs: Jobs; readonly files: Files; readonly body: RequestBody },
): Promise<WireBody | undefined> {
  switch (endpoint.kind) {
    case "job":
      return endpoint.verb === "get" ? jobs.look(endpoint.id) : jobs.cancel(endpoint.id);
    case "batch-list":
      return { object: "list", data: jobs.list("batch"), has_more: false };
    case "file":
      if (endpoint.verb === "create") return files.create(body);
      return endpoint.verb === "get" ? files.look(endpoint.id) : files.read(endpoint.id);
  }
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
}
