/** The pieces of a streamed answer: the text of server-sent events or of lines of JSON, or events that were read already. */
export type AnswerEvents = string | Iterable<unknown>;

/** The type of the event that `[DONE]` stands for: the stream is over. */
export const DONE = "[DONE]";

/** The events of a streamed answer as values. What is cut off or is no JSON tells nothing and is left out. */
export function eventsOf(events: AnswerEvents): readonly unknown[] {
  if (typeof events === "string") return eventsOfText(events);
  return [...events].flatMap((event) => {
    if (typeof event === "string") return eventsOfText(event);
    const data = (event as { readonly data?: unknown } | null)?.data;
    // An event as a reader of server-sent events gives it.
    return typeof data === "string" ? eventsOfText(data) : [event];
  });
}

function eventsOfText(text: string): readonly unknown[] {
  const whole = parsed(text);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  const events: unknown[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    const data = line.replace(/^data:\s?/, "");
    const event = data.startsWith("[DONE]") ? { type: DONE } : parsed(data);
    if (event !== undefined) events.push(event);
  }
  return events;
}

/** Undefined for what is no JSON object or list. */
function parsed(text: string): unknown {
  const start = text.trimStart()[0];
  if (start !== "{" && start !== "[") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
