import type { PriceTable } from "@wflo/core";
import { Random } from "./random.ts";

/** What becomes of a stream: read to its end, left by `break`, or aborted by the caller's signal. */
export type StormEnd = "complete" | "break" | "abort";

/** One stream of the storm, as its reader treats it. */
export interface StormStream {
  readonly number: number;
  readonly api: "chat" | "responses";
  readonly model: string;
  readonly end: StormEnd;
  readonly onAbort: "drain" | "cancel";
  /** It is left after so many events, or so many milliseconds after it was asked for. One that is over before is complete. */
  readonly after: { readonly events: number } | { readonly ms: number };
}

/** What the simulator is told of a request: the stream it belongs to, and the call that pays for it. */
export const STREAM_HEADER = "x-bench-stream";
export const CALL_HEADER = "x-bench-call";

/** A model that shows all it writes, and one that thinks first: its thoughts are billed and not shown. */
export const STORM_MODELS = { plain: "gpt-4.1-nano", thinking: "gpt-5-nano" } as const;

/** A dollar per million tokens of input and ten of output: a thousand and ten thousand nano-dollars a token. */
const PRICE = { input: "1", output: "10", contextWindow: 100_000, maxOutputTokens: 32_000 };

/** The same for both models. */
export const STORM_PRICES: PriceTable = {
  [`openai/${STORM_MODELS.plain}`]: PRICE,
  [`openai/${STORM_MODELS.thinking}`]: PRICE,
};

/** The bill of an answer in nano-dollars, by arithmetic of its own. */
export function stormCost(inputTokens: number, outputTokens: number): bigint {
  return BigInt(inputTokens) * 1_000n + BigInt(outputTokens) * 10_000n;
}

const THINKING_SHARE = 0.2;
const ENDS: readonly StormEnd[] = ["complete", "break", "abort"];

/** The streams of a storm: a third of each end, half of the wrappers cutting the wire when nobody wants the rest. */
export function planStorm(seed: number, count: number): readonly StormStream[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, number): StormStream => {
    const end = ENDS[number % ENDS.length] ?? "complete";
    return {
      number,
      api: random.next() < 0.5 ? "chat" : "responses",
      model: random.next() < THINKING_SHARE ? STORM_MODELS.thinking : STORM_MODELS.plain,
      end,
      onAbort: random.next() < 0.5 ? "cancel" : "drain",
      after: leaving(random, end),
    };
  });
}

/** Most leave in the middle of their answer, some near its end, and a third of those that abort before it has come. */
function leaving(random: Random, end: StormEnd): StormStream["after"] {
  if (end === "abort" && random.next() < 1 / 3) return { ms: random.between(0, 120) };
  return { events: random.next() < 0.8 ? random.between(0, 18) : random.between(0, 200) };
}
