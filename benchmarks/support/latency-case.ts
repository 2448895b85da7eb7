import type OpenAI from "openai";

/** How long an answer in one piece, a short stream and a long one are; each chunk is a token. */
export const CHUNKS = { whole: 20, short: 20, long: 200 } as const;

/** What is asked for. */
export interface LatencyCase {
  readonly api: "chat" | "responses";
  readonly kind: keyof typeof CHUNKS;
}

/** One call as its caller sees it. Milliseconds. */
export interface LatencySample {
  readonly wholeMs: number;
  /** Until the first chunk; of an answer in one piece, until the answer. */
  readonly firstMs: number;
  readonly events: number;
}

export const LATENCY_MODEL = "gpt-4.1-nano";
const PROMPT = "Tell me what a hard budget is, in one sentence. ".repeat(86).slice(0, 4_096);
const MESSAGES = [{ role: "user" as const, content: PROMPT }];

/** Every api with every kind of answer. */
export const LATENCY_CASES: readonly LatencyCase[] = (["chat", "responses"] as const).flatMap((api) =>
  (["whole", "short", "long"] as const).map((kind) => ({ api, kind })),
);

/** Makes one call and reads its answer to the end. */
export async function timeOne(client: OpenAI, { api, kind }: LatencyCase): Promise<LatencySample> {
  const before = performance.now();
  if (kind === "whole") {
    await (api === "chat"
      ? client.chat.completions.create({
          model: LATENCY_MODEL,
          messages: MESSAGES,
          max_completion_tokens: CHUNKS[kind],
        })
      : client.responses.create({ model: LATENCY_MODEL, input: PROMPT, max_output_tokens: CHUNKS[kind] }));
    const wholeMs = performance.now() - before;
    return { wholeMs, firstMs: wholeMs, events: 1 };
  }
  let firstMs = 0;
  let events = 0;
  for await (const _ of await openStream(client, api, CHUNKS[kind])) {
    if (events === 0) firstMs = performance.now() - before;
    events += 1;
  }
  return { wholeMs: performance.now() - before, firstMs, events };
}

function openStream(client: OpenAI, api: LatencyCase["api"], tokens: number) {
  return api === "chat"
    ? client.chat.completions.create({
        model: LATENCY_MODEL,
        messages: MESSAGES,
        max_completion_tokens: tokens,
        stream: true,
      })
    : client.responses.create({
        model: LATENCY_MODEL,
        input: PROMPT,
        max_output_tokens: tokens,
        stream: true,
      });
}
