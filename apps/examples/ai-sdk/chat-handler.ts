import { answerCost, meter } from "@wflo/ai-sdk";
import { budgetExceededIn, WfloError, type Wflo } from "@wflo/core";
import {
  consumeStream,
  convertToModelMessages,
  createUIMessageStreamResponse,
  generateId,
  isStepCount,
  streamText,
  type LanguageModel,
} from "ai";
import { askedChat, askedMessage } from "./asked-message.ts";
import { ChatThreads, type ChatMessage } from "./chat-threads.ts";
import { monthLeft } from "./month-left.ts";

/** What the handler works with. */
export interface ChatHandlerOptions {
  readonly wflo: Wflo;
  readonly model: LanguageModel;
  /** Your own way to tell who asks; undefined for nobody. */
  readonly userOf: (request: Request) => string | undefined;
}

/**
 * The server of `useChat`, in the fetch style: each user spends from the budget `user/…`, which a default makes when they first
 * come, and nothing more, and chats are kept. POST `{ id, messages }` streams the answer to the last message; GET `?id=…` gives `{ messages, isAnswering }`.
 */
export function chatHandler({ wflo, model, userOf }: ChatHandlerOptions) {
  const metered = meter(model, { wflo });
  const threads = new ChatThreads(wflo);

  const answer = async (user: string, thread: string, question: ChatMessage): Promise<Response> => {
    const budget = `user/${user}`;
    const messages = [...(await threads.ask(thread, question))];
    const prompt = await convertToModelMessages(messages, { ignoreIncompleteToolCalls: true });
    const stream = await wflo.run({ name: "chat", budgets: [budget], tags: [thread] }, () => {
      const result = streamText({
        model: metered,
        messages: prompt,
        // What one call may hold of the month, and what it is charged if this process is killed in its middle.
        maxOutputTokens: 2_000,
        tools: { month_left: monthLeft(wflo, budget) },
        stopWhen: isStepCount(5),
        onError: ({ error }) => void (refusalIn(error) ?? console.error(error)),
      });
      const parts = result.toUIMessageStream<ChatMessage>({
        originalMessages: messages,
        generateMessageId: generateId,
        messageMetadata: answerCost(),
        onError: (error) => refusalIn(error)?.message ?? "The answer broke off. Please ask again.",
        onEnd: ({ responseMessage }) => threads.answer(thread, responseMessage),
      });
      // A client that leaves cancels its copy. The run goes on until the other is read to its end, and so until the answer is saved.
      const [forClient, toTheEnd] = parts.tee();
      void consumeStream({ stream: toTheEnd });
      return forClient;
    });
    return createUIMessageStreamResponse({ stream });
  };

  const saved = async (thread: string): Promise<Response> => {
    const [run] = await wflo.runs.list({ tag: thread, limit: 1 });
    return Response.json({ messages: await threads.load(thread), isAnswering: run?.status === "running" });
  };

  return async (request: Request): Promise<Response> => {
    const user = userOf(request);
    if (user === undefined) return new Response("Who are you?", { status: 401 });
    if (request.method === "GET") {
      const chat = askedChat(request);
      if (chat === undefined) return new Response("Ask for ?id=…", { status: 400 });
      return saved(`chat/${user}/${chat}`);
    }
    const asked = await askedMessage(request);
    if (asked === undefined) return new Response("Send { id, messages }.", { status: 400 });
    return answer(user, `chat/${user}/${asked.chat}`, asked.question);
  };
}

/** A refusal of wflo says itself what helps; any other error is for the log. */
function refusalIn(error: unknown): Error | undefined {
  return budgetExceededIn(error) ?? (WfloError.isInstance(error) ? error : undefined);
}
