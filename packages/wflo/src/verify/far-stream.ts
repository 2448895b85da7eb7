import { setTimeout as sleep } from "node:timers/promises";
import type { Grant, GuardRequest, Outcome, StreamAnswer, StreamMeter, Usage } from "@wflo/core";
import { billedUsage, latency, PlayedFailure } from "./far-side.ts";
import type { Random } from "./random.ts";

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
