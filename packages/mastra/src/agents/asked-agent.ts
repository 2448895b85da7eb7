import { InvalidOptionError } from "@wflo/core";

/** What an agent is asked in a run. */
export interface AskedAgent {
  readonly messages: unknown;
  readonly options: object;
}

/**
 * What the input of a run asks an agent: a text, a message, several, or `{ messages, ...options }`. The messages have ids that are the same in each
 * execution, so that an agent's memory does not hold them twice. Throws `InvalidOptionError`.
 */
export function askedAgent(input: unknown, runId: string): AskedAgent {
  if (typeof input === "object" && input !== null && "messages" in input) {
    const { messages, ...options } = input;
    return { messages: withIds(messages, runId), options };
  }
  return { messages: withIds(input, runId), options: {} };
}

function withIds(messages: unknown, runId: string): unknown {
  const list: readonly unknown[] = Array.isArray(messages) ? messages : [messages];
  return list.map((message, index) => {
    const id = index === 0 ? runId : `${runId}-${index}`;
    if (typeof message === "string") return { id, role: "user", content: message };
    if (typeof message === "object" && message !== null && "role" in message) return { id, ...message };
    throw new InvalidOptionError(
      "An agent of Mastra's is run with a text, messages, or { messages, ...options }.",
    );
  });
}
