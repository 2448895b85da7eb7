import type { MoneyInput } from "../money/money.ts";
import type { Usage } from "../pricing/usage.ts";

/** A piece of a request: text, whose bytes bound its tokens, or something whose tokens its bytes do not bound. */
export type RequestPart =
  | string
  | { readonly kind: "text"; readonly text: string }
  /** An image, a stored prompt, a previous response: bounded by the model's context window. `what` names it. */
  | { readonly kind: "opaque"; readonly what: string }
  /** Work the provider does by itself, such as a web search: not bounded, so it needs `hold`. */
  | { readonly kind: "unbounded"; readonly what: string };

/** One attempt at a paid request, as an adapter describes it to the door. */
export interface GuardRequest {
  readonly provider: string;
  readonly model: string;
  readonly parts: readonly RequestPart[];
  /** Descriptions of tools, unless they stand in `parts` already; anything that can be written as JSON. */
  readonly tools?: unknown;
  /** The caller's own cap on output tokens; undefined when the request has none. */
  readonly maxOutputTokens?: number | undefined;
  /** How many answers are asked for (OpenAI's `n`). Default 1. */
  readonly outputs?: number | undefined;
  /** False when no output cap can be written into this kind of request. Default true. */
  readonly canCap?: boolean | undefined;
  /** True when the model thinks before it answers, so that a small cap would buy thoughts only. */
  readonly reasoning?: boolean | undefined;
  readonly serviceTier?: string | undefined;
  /** Further budgets, beside those of the run and the agents around. */
  readonly budgets?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  /** Reserve this much instead of an estimate. */
  readonly hold?: MoneyInput | undefined;
  /**
   * What the attempt costs, whatever it returns: held whole, charged when it answered, with no need of usage or of a rate
   * card. At 0 it asks nothing of any budget, and owes nothing however it ends.
   */
  readonly price?: MoneyInput | undefined;
  /** A call of a tool: calls made inside are calls of their own and never take its hold over, nor does it take one over. */
  readonly tool?: boolean | undefined;
  /**
   * The caller cannot see the request: the smallest amount is held, so that a budget without money refuses, and the bill is
   * charged as kind `recorded`, which may pass the cap. Inside an open call it keeps that call's hold instead.
   */
  readonly record?: boolean | undefined;
  /** May the caller's own output cap be lowered when money is short? Default false: then it waits or is refused. */
  readonly clamp?: boolean | undefined;
  /** What a stream or an answer that nobody wants any more is worth: read on for its exact cost, or stop paying for it. Default "drain". */
  readonly onAbort?: "drain" | "cancel" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the call as a whole may take; waiting for money takes at most half of it. Milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Idempotency key, a UUID. Default: a new one. */
  readonly callId?: string | undefined;
}

/** What the door grants: send the request now. */
export interface Grant {
  readonly callId: string;
  /** Write this as the output cap, because money is short; undefined leaves the request as it is. */
  readonly maxOutputTokens: number | undefined;
  /** The signal for the wire. It is wflo's own: a caller's abort may let the answer be read to its end. */
  readonly signal: AbortSignal;
}

/** How an attempt ended, as far as money goes. */
export type Outcome =
  /** The provider answered. Without usage the call is charged at its hold. */
  | {
      readonly kind: "answered";
      readonly usage: Usage | undefined;
      readonly model?: string | undefined;
      readonly serviceTier?: string | undefined;
      /** Why there is no usage, for the receipt and the warning; `isKnown` when the warning was given before. */
      readonly noUsage?: { readonly reason: string; readonly isKnown: boolean } | undefined;
    }
  /** The provider refused or was never reached: nothing is billed. */
  | { readonly kind: "rejected"; readonly reason: string }
  /** It was sent and nobody knows what became of it: charged at its hold until resolved. */
  | { readonly kind: "doubt"; readonly reason: string }
  /** An answer broke off: charged at its hold, as an estimate. */
  | { readonly kind: "cut"; readonly reason: string };

/** What an attempt gives: the value for the caller, and the outcome for the ledger. */
export type Answer<T> =
  | { readonly value: T; readonly outcome: Outcome }
  /** The same as an outcome of kind `answered`. */
  | {
      readonly value: T;
      readonly usage: Usage | undefined;
      readonly model?: string | undefined;
      readonly serviceTier?: string | undefined;
    };

/** Reads a stream on its way through. One instance a stream. */
export interface StreamMeter<Chunk> {
  /** Takes a chunk and returns what the consumer gets of it. */
  read(chunk: Chunk): readonly Chunk[];
  /**
   * True once nothing that costs can follow. The call is then closed before the consumer gets the chunk just read, so that its
   * charge is on its way when the consumer, who may stop at that chunk, goes on.
   */
  isOver?(): boolean;
  /** Returns what the consumer still gets when the stream ended. */
  flush(): readonly Chunk[];
  /** The outcome so far: `complete` tells whether the stream came to its end. */
  outcome(complete: boolean): Outcome;
}

/** An answer that streams: `value` makes what the caller gets out of the metered chunks. */
export interface StreamAnswer<Chunk, T> {
  readonly chunks: ReadableStream<Chunk>;
  readonly meter: StreamMeter<Chunk>;
  readonly value: (chunks: ReadableStream<Chunk>) => T;
}
