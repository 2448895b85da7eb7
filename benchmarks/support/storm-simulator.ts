import { type SimulatorReply, type SimulatorRequest, startSimulator } from "@wflo/testkit/simulator";
import { Random } from "./random.ts";
import { CALL_HEADER, STORM_MODELS, STREAM_HEADER } from "./storm-plan.ts";
import { readTask, tell } from "./task.ts";

/** What the simulator has of one request, told when the parent asks. */
export interface StormRequest {
  readonly stream: number;
  readonly callId: string;
  /** 200 once the answer began to leave; 0 before. */
  readonly status: number;
  readonly done: boolean;
  /** What a provider bills; undefined when it bills nothing. */
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** The simulator itself broke the answer off. */
  readonly wasCut: boolean;
}

/** What the process says: its address, then its journal each time it is asked. */
export type StormSimulatorMessage = { readonly url: string } | { readonly served: readonly StormRequest[] };

const FAULT_SHARE = 0.05;
const LONG_SHARE = 0.05;
const RETRY_AFTER_MS = 20;

const { seed } = readTask<{ readonly seed: number }>();
const attempts = new Map<number, number>();
const cutRequests = new Set<number>();
const simulator = await startSimulator({ reply: replyTo });

/** The same stream and attempt have the same answer with the same seed, whatever the order in which they come in. */
function replyTo(request: SimulatorRequest): SimulatorReply {
  const stream = Number(request.headers[STREAM_HEADER]);
  const attempt = (attempts.get(stream) ?? 0) + 1;
  attempts.set(stream, attempt);
  const random = new Random(seed * 31 + stream * 7_919 + attempt);
  const reply = answer(random, request.model);
  if (random.next() >= FAULT_SHARE) return reply;
  const fault = random.between(0, 2);
  if (fault < 2) return { status: fault === 0 ? 429 : 500, retryAfterMs: RETRY_AFTER_MS, latencyMs: 5 };
  cutRequests.add(request.index);
  return { ...reply, cutAfterChunks: random.between(0, 40) };
}

/**
 * 20 to 240 tokens of text or of a tool's arguments, some ten times as long and as fast; most at the pace of a model, some as
 * fast as the wire takes them.
 */
function answer(random: Random, model: string): SimulatorReply {
  const times = random.next() < LONG_SHARE ? 10 : 1;
  const tokens = times * random.between(20, 240);
  const isTool = random.next() < 0.2;
  const thoughts = model === STORM_MODELS.thinking ? { reasoningTokens: random.between(0, 400) } : {};
  const pace = random.next() < 0.15 ? {} : { tokensPerSecond: times * random.between(100, 900) };
  const words = Array.from({ length: tokens }, () => "word").join(" ");
  return {
    ...thoughts,
    ...pace,
    latencyMs: random.between(0, 120),
    ...(isTool ? { toolCalls: [{ name: "note", arguments: { words } }] } : { text: words }),
  };
}

function served(): readonly StormRequest[] {
  return simulator.requests.map(({ headers, index }, at) => {
    const entry = simulator.journal[at];
    return {
      stream: Number(headers[STREAM_HEADER]),
      callId: headers[CALL_HEADER] ?? "",
      status: entry?.status ?? 0,
      done: entry?.done ?? false,
      inputTokens: entry?.served?.inputTokens,
      outputTokens: entry?.served?.outputTokens,
      wasCut: cutRequests.has(index),
    };
  });
}

process.on("message", () => void tell({ served: served() } satisfies StormSimulatorMessage));
await tell({ url: simulator.url } satisfies StormSimulatorMessage);
