import { isBudgetExceeded, WfloError, type Run, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import type OpenAI from "openai";

/** What the handler works with. */
export interface ChatHandlerOptions {
  readonly wflo: Wflo;
  readonly openai: OpenAI;
  /** Your own way to tell who asks; undefined for nobody. */
  readonly userOf: (request: Request) => string | undefined;
}

const model = "gpt-4.1-mini";

/**
 * A chat endpoint in the fetch style (Node, Hono, Next.js, Workers): each user spends from the budget `user/…`, which a default
 * makes when they first come, and nothing more. POST `{ "question": "…" }` streams events: `{ "text" }`, and at the end `{ "cost", "left" }`.
 */
export function chatHandler({ wflo, openai, userOf }: ChatHandlerOptions) {
  // "drain": an answer whose user has left is read to its end, for its exact cost. "cancel" would cut it, for an estimate.
  const metered = wfloOpenAI(openai, { wflo, onAbort: "drain" });

  const answer = async (run: Run, content: string, signal: AbortSignal) => {
    const messages = [{ role: "user" as const, content }];
    const chunks = await metered.chat.completions.create({ model, messages, stream: true }, { signal });
    return eventStream(answerEvents(run, chunks));
  };

  return async (request: Request): Promise<Response> => {
    const user = userOf(request);
    if (user === undefined) return new Response("Who are you?", { status: 401 });
    const question = await questionIn(request);
    if (question === undefined) return new Response('Send { "question": "…" }.', { status: 400 });
    return wflo.run({ name: "chat", budgets: [`user/${user}`] }, (run) =>
      answer(run, question, request.signal).catch(refusalOrThrow),
    );
  };
}

async function* answerEvents(run: Run, chunks: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  try {
    for await (const { choices } of chunks) {
      const text = choices[0]?.delta.content;
      if (text) yield `data: ${JSON.stringify({ text })}\n\n`;
    }
    const { total, remaining } = await run.cost();
    yield `event: end\ndata: ${JSON.stringify({ cost: total, left: remaining })}\n\n`;
  } catch (error) {
    const message = WfloError.isInstance(error) ? error.message : "The answer broke off.";
    yield `event: error\ndata: ${JSON.stringify({ message })}\n\n`;
  }
}

/** A user who leaves cancels the body, which ends the loop above, which lets go of the answer. */
function eventStream(events: AsyncIterable<string>): Response {
  const body = ReadableStream.from(events).pipeThrough(new TextEncoderStream());
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/** 402 with a sentence for the user when the money is gone, 503 when wflo could not tell whether it is. Nothing was sent. */
function refusalOrThrow(error: unknown): Response {
  if (!WfloError.isInstance(error)) throw error;
  return new Response(error.message, { status: isBudgetExceeded(error) ? 402 : 503 });
}

async function questionIn(request: Request): Promise<string | undefined> {
  const body = (await request.json().catch(() => undefined)) as { readonly question?: unknown } | undefined;
  return typeof body?.question === "string" ? body.question : undefined;
}
