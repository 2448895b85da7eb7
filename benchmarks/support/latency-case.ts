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

/** Asks for answers of so many tokens. */
export interface LatencyClient {
  readonly whole: (api: LatencyCase["api"], tokens: number) => PromiseLike<unknown>;
  /** With everything that a reader of it is given; errors are thrown. */
  readonly stream: (
    api: LatencyCase["api"],
    tokens: number,
  ) => AsyncIterable<unknown> | PromiseLike<AsyncIterable<unknown>>;
}

export const LATENCY_MODEL = "gpt-4.1-nano";
export const LATENCY_PROMPT = "Tell me what a hard budget is, in one sentence. ".repeat(86).slice(0, 4_096);

/** Every api with every kind of answer. */
export const LATENCY_CASES: readonly LatencyCase[] = (["chat", "responses"] as const).flatMap((api) =>
  (["whole", "short", "long"] as const).map((kind) => ({ api, kind })),
);

/** Makes one call and reads its answer to the end. */
export async function timeOne(client: LatencyClient, { api, kind }: LatencyCase): Promise<LatencySample> {
  const before = performance.now();
  if (kind === "whole") {
    await client.whole(api, CHUNKS[kind]);
    const wholeMs = performance.now() - before;
    return { wholeMs, firstMs: wholeMs, events: 1 };
  }
  let firstMs = 0;
  let events = 0;
  for await (const _ of await client.stream(api, CHUNKS[kind])) {
    if (events === 0) firstMs = performance.now() - before;
    events += 1;
  }
  return { wholeMs: performance.now() - before, firstMs, events };
}
