import { setTimeout as sleep } from "node:timers/promises";
import type {
  Answer,
  Grant,
  GuardRequest,
  Outcome,
  PriceTable,
  StreamAnswer,
  StreamMeter,
  Usage,
} from "@wflo/core";
import type { Random } from "./random.ts";

/** The most output tokens of the model that is played. */
const MODEL_OUTPUT_TOKENS = 4_000;

/** A dollar per million tokens of input and ten of output. */
export const PLAY_PRICES: PriceTable = {
  "verify/unit": {
    input: "1",
    output: "10",
    contextWindow: 100_000,
    maxOutputTokens: MODEL_OUTPUT_TOKENS,
  },
};

const MOST_LATENCY_MS = 30;

/** A failure that the far side was meant to have. `code` is that of a socket, `status` that of HTTP. */
export class PlayedFailure extends Error {
  override readonly name = "PlayedFailure";
  readonly code: string | undefined;
  readonly status: number | undefined;

  constructor(how: { readonly code?: string; readonly status?: number }) {
    super("The far side failed, as it was meant to.");
    this.code = how.code;
    this.status = how.status;
  }
}

/** The time that the far side takes. A wire that is cut ends it, if the far side listens. */
export async function latency(random: Random, grant: Grant): Promise<void> {
  const delayMs = random.between(0, MOST_LATENCY_MS);
  const { signal } = grant;
  await sleep(delayMs, undefined, random.chance(0.8) ? { signal } : {});
}

/** Tokens of an answer: mostly within what was granted, sometimes above it. */
export function billedUsage(random: Random, request: GuardRequest, grant: Grant): Usage {
  const most = Math.min(
    request.maxOutputTokens ?? MODEL_OUTPUT_TOKENS,
    grant.maxOutputTokens ?? MODEL_OUTPUT_TOKENS,
  );
  const outputTokens = random.chance(0.04) ? most + random.between(1, 500) : random.between(0, most);
  return { inputTokens: random.between(1, 10), outputTokens };
}

/** What a provider may do to a request that is answered in one piece. Throws `PlayedFailure`. */
export async function farSide(random: Random, request: GuardRequest, grant: Grant): Promise<Answer<string>> {
  const dice = random.next();
  if (dice < 0.05) throw new PlayedFailure({ code: "ECONNREFUSED" });
  await latency(random, grant);
  if (dice < 0.08) throw new PlayedFailure({ status: 500 });
  if (dice < 0.1) throw new PlayedFailure({ code: "ECONNRESET" });
  return { value: "answer", outcome: answered(dice < 0.15, random, request, grant) };
}

function answered(isSilent: boolean, random: Random, request: GuardRequest, grant: Grant): Outcome {
  if (!isSilent) return { kind: "answered", usage: billedUsage(random, request, grant) };
  const noUsage = { reason: "the far side told none", isExpected: true };
  return { kind: "answered", usage: undefined, noUsage };
}

const MOST_CHUNKS = 6;
/** A chunk takes up to this long. Milliseconds. */
const CHUNK_MS = 5;

/** Output tokens that came in one piece. */
type Chunk = number;

/** An answer that streams: to its end, or with a failure in the middle. */
export async function farStream(
  random: Random,
  request: GuardRequest,
  grant: Grant,
): Promise<StreamAnswer<Chunk, ReadableStream<Chunk>>> {
  if (random.chance(0.05)) throw new PlayedFailure({ code: "ECONNREFUSED" });
  await latency(random, grant);
  const usage = billedUsage(random, request, grant);
  const chunks = random.between(1, MOST_CHUNKS);
  const breaksAt = random.chance(0.1) ? random.between(0, chunks) : undefined;
  return {
    chunks: ReadableStream.from(chunksOf({ random, usage, chunks, breaksAt })),
    meter: meterOf(usage),
    value: (stream) => stream,
  };
}

async function* chunksOf(plan: {
  readonly random: Random;
  readonly usage: Usage;
  readonly chunks: number;
  readonly breaksAt: number | undefined;
}): AsyncGenerator<Chunk> {
  for (let sent = 0; sent <= plan.chunks; sent += 1) {
    if (sent === plan.breaksAt) throw new PlayedFailure({ code: "ECONNRESET" });
    if (sent === plan.chunks) return;
    await sleep(plan.random.between(0, CHUNK_MS));
    yield Math.ceil((plan.usage.outputTokens ?? 0) / plan.chunks);
  }
}

function meterOf(usage: Usage): StreamMeter<Chunk> {
  let outputTokensAtMost = 0;
  const outcome = (complete: boolean): Outcome =>
    complete
      ? { kind: "answered", usage }
      : { kind: "cut", reason: "the stream broke off", outputTokensAtMost };
  return {
    read(chunk) {
      outputTokensAtMost += chunk;
      return [chunk];
    },
    flush: () => [],
    outcome,
  };
}
