import type { OptionNames } from "../budget/check-options.ts";
import type { MoneyInput } from "../money/money.ts";
import type { WindowKind } from "../ports/window-state.ts";
import type { Usage } from "../pricing/usage/usage.ts";

/** A piece of a request: text, whose bytes bound its tokens, or something whose tokens its bytes do not bound. */
export type RequestPart =
  | string
  | { readonly kind: "text"; readonly text: string }
  /**
   * An image, a stored prompt, a remote file: bounded by the model's context window. `what` names it. `key` identifies its
   * content, such as the bytes of the image themselves: with it, an earlier call that had it too tells what it costs. `itemId`:
   * the provider's id of something in an earlier answer (see `itemIds` of an outcome), whose output bounds it where it is known.
   */
  | {
      readonly kind: "opaque";
      readonly what: string;
      readonly key?: string | undefined;
      readonly itemId?: string | undefined;
    }
  /** What the provider adds by itself that is not in the text, such as the description of a tool of its own: so many tokens at most. */
  | { readonly kind: "tokens"; readonly what: string; readonly atMost: number }
  /**
   * Work the provider does by itself, such as a web search, that the request allows so many times (`max_uses`): after each the model
   * may read again all it can. `fees`: what one of them may be billed by, such as `web_search`, the dearest of which is held for.
   */
  | {
      readonly kind: "uses";
      readonly what: string;
      readonly atMost: number;
      readonly fees?: readonly string[] | undefined;
    }
  /** Such work without end: not bounded, so it needs `hold`. `bound`: the option of the request that would bound it, such as `max_uses`. */
  | { readonly kind: "unbounded"; readonly what: string; readonly bound?: string | undefined };

/**
 * Repeats a failed attempt. A policy of cockatiel is one; the signal that it hands to an attempt, such as that of its time-out, ends
 * that attempt. A refusal of wflo counts as no failure there, so a circuit breaker does not open for want of money.
 */
export interface RetryPolicy {
  execute<T>(
    work: (context: { readonly signal?: AbortSignal | undefined }) => PromiseLike<T>,
    signal?: AbortSignal,
  ): Promise<T>;
}

/** Where a call is made in the work of a framework that keeps threads of its own, such as LangGraph. */
export interface CallPlace {
  /** Under which `calls.list` and the costs of the thread find it. */
  readonly thread: string;
  /** The checkpoint of that thread from which the work went on. */
  readonly checkpointId?: string | undefined;
  /** The part of the work, as the path of a step. Default: that of the run around. */
  readonly step?: string | undefined;
}

/** One attempt at a paid request, as an adapter describes it to the door. */
export interface GuardRequest {
  readonly provider: string;
  readonly model: string;
  /**
   * What the model reads, in its order: what stands before the conversation first, then one text a message. A request that
   * begins with the parts of an earlier one, whose usage is known, is bounded by that usage and by what is new.
   */
  readonly parts: readonly RequestPart[];
  /** The provider's id of the answer that this request goes on from (OpenAI's `previous_response_id`). */
  readonly follows?: string | undefined;
  /** Where it is sent, if servers of one provider name may count tokens in different ways: a base URL's host. */
  readonly host?: string | undefined;
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
  /** What else changes the price of its tokens, such as `speed:fast` or `inference_geo:us`. */
  readonly modifiers?: readonly string[] | undefined;
  /** True when it may write to the provider's cache for an hour, which costs more than a write for minutes. */
  readonly cachesForAnHour?: boolean | undefined;
  /** Further budgets, beside those of the run and the agents around. */
  readonly budgets?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  /** The part of the work it is counted under, as the path of a step. Default: that of `place`, else of the run around. */
  readonly step?: string | undefined;
  /** Where it is made in a framework's own course of things, where that has one. */
  readonly place?: CallPlace | undefined;
  /** How often it may be sent at most, where the sender repeats it without telling: each time is held for. Default 1. */
  readonly attempts?: number | undefined;
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
  /**
   * What the reader of a stream gets when wflo cuts it, since its budget was paused, its cap was lowered below what is held,
   * or the answer passed its hold: the refusal as an error (the default), or an end like that of an answer cut by its cap.
   */
  readonly onCut?: "error" | "truncate" | undefined;
  /** Repeats the attempt when it fails, each time as a call of its own. A refusal of wflo is never repeated. */
  readonly retry?: RetryPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Aborted, before `signal` is, when it is not the caller who gives up but a time-out of the framework, which may try again: a call
   * without an answer is then in doubt at once, and its bill comes in late if it comes.
   */
  readonly timedOut?: AbortSignal | undefined;
  /** How long the call as a whole may take; waiting for money takes at most half of it. Milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Idempotency key, a UUID. Default: a new one. */
  readonly callId?: string | undefined;
}

/** The names of all that a request has. */
export const GUARD_REQUEST: OptionNames<GuardRequest> = {
  provider: true,
  model: true,
  parts: true,
  follows: true,
  host: true,
  tools: true,
  maxOutputTokens: true,
  outputs: true,
  canCap: true,
  reasoning: true,
  serviceTier: true,
  modifiers: true,
  cachesForAnHour: true,
  budgets: true,
  agent: true,
  step: true,
  place: true,
  attempts: true,
  hold: true,
  price: true,
  tool: true,
  record: true,
  clamp: true,
  onAbort: true,
  onCut: true,
  retry: true,
  signal: true,
  timedOut: true,
  timeoutMs: true,
  callId: true,
};

/** What the door grants: send the request now. */
export interface Grant {
  readonly callId: string;
  /** Write this as the output cap, because money is short; undefined leaves the request as it is. */
  readonly maxOutputTokens: number | undefined;
  /** The signal for the wire. It is wflo's own: a caller's abort may let the answer be read to its end. */
  readonly signal: AbortSignal;
  /** What the call came to: undefined until it is closed, and where a call inside took its hold over and is charged instead. */
  readonly charge: () => CallCharge | undefined;
}

/** What a call came to, as far as its process knows when it is over. Money in decimal US dollars. */
export interface CallCharge {
  readonly callId: string;
  /** What it is charged; its hold where nobody knows more. */
  readonly cost: string;
  readonly costKind: "known" | "lowerBound" | "unknown";
  /** The tightest of its budgets, undefined where it has none. */
  readonly left: BudgetLeftAfter | undefined;
  /** The output cap that was written into the request because money was short. */
  readonly appliedMaxOutputTokens: number | undefined;
}

/**
 * What a budget has left after a call: its cap without what was spent when the call was granted, and without what the call was charged.
 * What other calls hold is not taken off; what other processes spent meanwhile is not known.
 */
export interface BudgetLeftAfter {
  readonly budgetId: string;
  readonly window: WindowKind;
  readonly amount: string;
  readonly resetsAt: Date | undefined;
}

/** How an attempt ended, as far as money goes. */
export type Outcome =
  /** The provider answered. Without usage the call is charged at its hold. */
  | {
      readonly kind: "answered";
      readonly usage: Usage | undefined;
      readonly model?: string | undefined;
      readonly serviceTier?: string | undefined;
      /** Of how many requests the usage is the sum, where only that is told, as of a batch (`Usage.isUnsplit`). */
      readonly requests?: number | undefined;
      /** The provider's id of the answer, where a later request can go on from it. */
      readonly answerId?: string | undefined;
      /** The provider's ids of what is in the answer, where later requests can have them in their parts. */
      readonly itemIds?: readonly string[] | undefined;
      /** So many output tokens came in, at more than was held: an answer without usage is charged for them at least. */
      readonly outputTokensAtLeast?: number | undefined;
      /**
       * Why there is no usage, for the receipt and the warning. `isKnown`: the warning was given before. `isExpected`: answers of
       * this kind never have any, so that later calls are not held back for it, and nobody is warned.
       */
      readonly noUsage?:
        | { readonly reason: string; readonly isKnown?: boolean; readonly isExpected?: boolean }
        | undefined;
    }
  /** The provider refused or was never reached: nothing is billed. */
  | { readonly kind: "rejected"; readonly reason: string }
  /**
   * It was sent and nobody knows what became of it: charged at its hold until resolved. `remoteId` is the provider's id under
   * which its usage can be asked for later (see `Door.settleRemote`).
   */
  | { readonly kind: "doubt"; readonly reason: string; readonly remoteId?: string | undefined }
  /** An answer broke off: charged by what came of it where that can be bounded, else at its hold; as an estimate. */
  | {
      readonly kind: "cut";
      readonly reason: string;
      /** No more output tokens than these can have been made; with `passedHold`, those that are charged. Undefined when that is not known. */
      readonly outputTokensAtMost?: number | undefined;
      /** The answer cost more than was held for it: that much is charged at least. */
      readonly passedHold?: boolean | undefined;
    };

/** So much of an answer has come in: the bytes (UTF-8) of all its text, and in how many pieces, each of one token or more. */
export interface StreamedOutput {
  readonly bytes: number;
  readonly pieces: number;
}

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
  /** Takes a chunk and returns what the consumer gets of it: whole events only, so that a stream can be cut between them. */
  read(chunk: Chunk): readonly Chunk[];
  /**
   * What has come in of the text that is billed as output: with it, an answer that breaks off is charged by what came, and one
   * that passes its hold is cut. Undefined, or left out, where output is billed that the stream does not show.
   */
  output?(): StreamedOutput | undefined;
  /**
   * What the consumer gets, in the provider's own words, for the end of a stream that wflo cuts (`onCut: "truncate"`). Undefined
   * where nothing can be said in them, such as before the answer began: then the consumer gets the refusal.
   */
  truncate?(): readonly Chunk[] | undefined;
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
  /**
   * Called once when the stream is over for its consumer as well, who has read all of it, left it or was let go: nobody can abort
   * it any more, so what was kept for that can be let go. The call itself is closed earlier.
   */
  readonly over?: (() => void) | undefined;
}
