import { chatUsageIn } from "./usage-of-openai.ts";
import { fieldsOf, hasItems, listOf, type Fields } from "./usage-of-response-fields.ts";

// Where answers begin and end in the events of a stream.

/** The id of the answer that an event begins, or is as a whole; undefined where it goes on with one. */
export function beginningOf(event: Fields): { readonly id: unknown } | undefined {
  const { type, id } = event;
  if (type === "message_start") return { id: fieldsOf(event["message"])?.["id"] };
  const response = fieldsOf(event["response"]);
  if (response && typeof response["status"] === "string") return { id: response["id"] };
  return isWholeAnswer(event) && chatUsageIn(event) ? { id } : undefined;
}

/** A piece of a stream that tells its end. */
export function isPieceOfMany(event: Fields): boolean {
  return event["object"] === "chat.completion.chunk" || hasItems(event["candidates"]) || hasDelta(event);
}

/** An answer in one piece; some servers call the chunks of a stream so too. */
function isWholeAnswer(event: Fields): boolean {
  return WHOLE.has(event["object"]) && !hasDelta(event);
}

function hasDelta({ choices }: Fields): boolean {
  return listOf(choices).some((choice) => fieldsOf(choice["delta"]));
}

const WHOLE = new Set<unknown>(["chat.completion", "response", "text_completion"]);

const ENDS = new Set<unknown>([
  "message_stop",
  "message-end",
  "stream-end",
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.done",
]);
const OVER = new Set<unknown>(["cancelled", "completed", "failed", "incomplete"]);

/** Whether an event tells that its answer is over. Of chats the last chunk with usage has no choices. */
export function isEnd(event: Fields): boolean {
  const { type, choices } = event;
  if (ENDS.has(type) || isWholeAnswer(event) || OVER.has(fieldsOf(event["response"])?.["status"]))
    return true;
  if (fieldsOf(event["promptFeedback"])?.["blockReason"] != null) return true;
  if (type === "message_delta") return fieldsOf(event["delta"])?.["stop_reason"] != null || "usage" in event;
  const isChunk = event["object"] === "chat.completion.chunk" || Array.isArray(choices);
  if (isChunk && !hasItems(choices) && fieldsOf(event["usage"])) return true;
  const made = [...listOf(choices), ...listOf(event["candidates"])];
  return made.some((one) => Boolean(one["finish_reason"]) || Boolean(one["finishReason"]));
}
