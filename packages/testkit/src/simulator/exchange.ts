import type { ServerResponse } from "node:http";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { type Answer, outputTokensAfter, planAnswer } from "./answer.ts";
import { sendBody, sendHttpError, sendText, wireError } from "./failures.ts";
import type { Files } from "./files.ts";
import { answerWithJob, isJob } from "./job-answers.ts";
import type { Jobs } from "./jobs.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { Pacer } from "./pacer.ts";
import type { SimulatorReply } from "./simulator-reply.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import { writeEvents } from "./sse.ts";
import { wireOf } from "./wire-of.ts";
import type { Wire } from "./wire.ts";

/** So many pieces go out before others get a turn, and before a client that left is noticed. */
const PIECES_PER_TURN = 32;

/** One request on its way to its answer. `signal` fires when the connection is gone. */
export interface Exchange {
  readonly request: SimulatorRequest;
  readonly reply: SimulatorReply;
  readonly response: ServerResponse;
  readonly journal: Journal;
  readonly entry: JournalEntry;
  readonly jobs: Jobs;
  readonly files: Files;
  readonly signal: AbortSignal;
  /** Destroys the socket, as the provider's doing. */
  readonly hangUp: () => void;
}

/** Answers one request as its reply says. Rejects with an `AbortError` when the client leaves. */
export async function answerRequest(exchange: Exchange): Promise<void> {
  const { request, reply, response, entry, signal } = exchange;
  const failsPlainly = reply.errorAfterChunks !== undefined && !request.stream && !isJob(request);
  const status = reply.status ?? (failsPlainly ? 500 : undefined);
  if (status !== undefined) {
    await sleep(reply.latencyMs ?? 0, undefined, { signal });
    entry.status = status;
    return sendHttpError(response, status, reply);
  }
  if (isJob(request)) return answerWithJob(exchange);
  const answer = planAnswer(request, reply, entry.at);
  const wire = wireOf(request, answer);
  return request.stream && !reply.neverAnswer
    ? answerStream(exchange, answer, wire)
    : answerPlainly(exchange, answer, wire);
}

async function answerPlainly(exchange: Exchange, answer: Answer, wire: Wire): Promise<void> {
  const { reply, response, journal, entry, signal, hangUp } = exchange;
  // A provider works on such an answer to its end, whether or not somebody still waits for it.
  journal.serve(entry, answer.usage, answer.usage.outputTokens);
  if (reply.neverAnswer) return;
  await sleep(reply.latencyMs ?? 0, undefined, { signal });
  await new Pacer(reply.tokensPerSecond).until(answer.usage.outputTokens, signal);
  if (reply.cutAfterChunks !== undefined) return hangUp();
  entry.status = 200;
  if (reply.garbled !== undefined) return sendText(response, 200, "application/json", reply.garbled);
  sendBody(response, 200, wire.body());
}

async function answerStream(exchange: Exchange, answer: Answer, wire: Wire): Promise<void> {
  const { reply, response, journal, entry, signal } = exchange;
  const failsAtOnce = reply.errorAfterChunks === 0;
  if (!failsAtOnce) journal.serve(entry, answer.usage, 0);
  await sleep(reply.latencyMs ?? 0, undefined, { signal });
  entry.status = 200;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
  });
  if (failsAtOnce) return fail(exchange, wire, false);
  await writeEvents(response, wire.start(), signal);
  const pacer = new Pacer(reply.tokensPerSecond);
  if (!reply.tokensPerSecond) journal.serve(entry, answer.usage, answer.usage.reasoningTokens);
  try {
    await sendPieces(exchange, answer, wire, pacer);
  } finally {
    const made = Math.min(pacer.due(), answer.usage.outputTokens);
    journal.serve(entry, answer.usage, Math.max(made, entry.served?.outputTokens ?? 0));
  }
}

async function sendPieces(exchange: Exchange, answer: Answer, wire: Wire, pacer: Pacer): Promise<void> {
  const { reply, response, journal, entry, signal } = exchange;
  let sent = 0;
  for (const [position, item] of answer.items.entries()) {
    await writeEvents(response, wire.openItem(item, position), signal);
    for (const text of item.pieces) {
      if (sent === reply.cutAfterChunks) return cut(exchange);
      if (sent === reply.errorAfterChunks) return fail(exchange, wire, true);
      const outputTokens = outputTokensAfter(answer, sent + 1);
      await pacer.until(outputTokens, signal);
      await writeEvents(response, wire.piece(item, position, text), signal);
      sent += 1;
      journal.serve(entry, answer.usage, outputTokens);
      if (sent % PIECES_PER_TURN === 0) await setImmediate(undefined, { signal });
    }
    await writeEvents(response, wire.closeItem(item, position), signal);
  }
  if (reply.cutAfterChunks !== undefined) return cut(exchange);
  if (reply.errorAfterChunks !== undefined) return fail(exchange, wire, true);
  await pacer.until(answer.usage.outputTokens, signal);
  journal.serve(entry, answer.usage, answer.usage.outputTokens);
  await writeEvents(response, wire.end(), signal);
  response.end();
}

async function fail({ reply, response, signal }: Exchange, wire: Wire, begun: boolean): Promise<void> {
  await writeEvents(response, wire.failure(wireError(500, reply.errorCode), begun), signal);
  response.end();
}

/** Hangs up once what was written has left this process. */
function cut({ response, hangUp }: Exchange): void {
  response.write("\n", hangUp);
}
