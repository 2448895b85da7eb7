import { safeValidateUIMessages } from "ai";
import { z } from "zod";
import type { ChatMessage } from "./chat-threads.ts";

const chatId = z.string().regex(/^[\w-]{1,64}$/);

/** What `useChat` sends. Of the messages only the last is read: the others are what the server has saved. */
const body = z.object({ id: chatId, messages: z.array(z.unknown()).min(1) });

/** Which chat a request wants to see. */
export function askedChat({ url }: Request): string | undefined {
  return chatId.safeParse(new URL(url).searchParams.get("id")).data;
}

/** Which chat a request asks, and what; undefined for a request that asks nothing. */
export async function askedMessage(
  request: Request,
): Promise<{ readonly chat: string; readonly question: ChatMessage } | undefined> {
  const { data } = body.safeParse(await request.json().catch(() => undefined));
  if (data === undefined) return undefined;
  const read = await safeValidateUIMessages<ChatMessage>({ messages: data.messages.slice(-1) });
  const [question] = read.success ? read.data : [];
  return question?.role === "user" ? { chat: data.id, question } : undefined;
}
