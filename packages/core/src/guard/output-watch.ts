import { HoldExceededError } from "../errors/hold-exceeded-error.ts";
import type { WfloError } from "../errors/wflo-error.ts";
import { isUsage } from "../pricing/usage/usage.ts";
import type { DoorSettings } from "./door-settings.ts";
import type { Outcome, StreamMeter, StreamedOutput } from "./guard-request.ts";
import { outputTokensAtLeast, outputTokensByBytes, outputTokensLikely, tokensPaidBy } from "./hold-watch.ts";
import { leastCost } from "./least-cost.ts";
import type { OpenCall } from "./open-call.ts";
import { outputTokensAtMost } from "./output-at-most.ts";
import { Pace } from "./pace.ts";

/** A stream that is younger has nothing waiting in buffers that the allowance for an unseen pace does not cover. */
const YOUNG_MS = 500;
/** What waits far away needs the way there and back before more of it comes. */
const CATCH_UP = { roundMs: 200, rounds: 5 };
/** So much more in a round is still the provider's pace: timers are late, and the fastest stretch that was seen may not be its fastest. */
const NOISE = 1.25;
/** Where somebody waits for the end of the books. */
const CATCH_UP_AWAITED = { roundMs: 100, rounds: 3 };

interface SeenEnd {
  /** More may have been made than what came in and what may have been on its way. */
  readonly isUnknown: boolean;
  /** Why wflo cut it, if it did. */
  readonly refusal: WfloError | undefined;
}

/** Counts the output of a stream: whether it has passed its hold, and how much there may have been of it when it breaks off. */
export class OutputWatch {
  readonly #door: DoorSettings;
  readonly #call: OpenCall;
  readonly #meter: Pick<StreamMeter<never>, "output">;
  readonly #pace = new Pace();
  readonly #paidTokens: number | undefined;
  #firstAtMs: number | undefined;
  #isCatchingUp = false;
  #hasPassedHold = false;
  #lastTold: StreamedOutput | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(door: DoorSettings, call: OpenCall, meter: Pick<StreamMeter<never>, "output">) {
    const { heldNanoUsd, request, estimate } = call;
    this.#door = door;
    this.#call = call;
    this.#meter = meter;
    const isHeld = call.budgetIds.length > 0 && request.price === undefined && request.record !== true;
    if (isHeld) this.#paidTokens = tokensPaidBy(heldNanoUsd, estimate.card, request.serviceTier);
  }

  /** Called for each chunk; tells when the answer has passed its hold. */
  read(): WfloError | undefined {
    const output = this.#told();
    if (this.#failure) throw this.#failure.error;
    if (output === undefined || output.pieces === 0) return undefined;
    const now = this.#door.clock.monotonic();
    this.#firstAtMs ??= now;
    if (!this.#isCatchingUp) this.#pace.note(output.bytes, now);
    const { mark, label, heldNanoUsd } = this.#call;
    const isWithin = this.#paidTokens === undefined || outputTokensAtLeast(output) <= this.#paidTokens;
    if (isWithin || mark.takenOver) return undefined;
    this.#hasPassedHold = true;
    return new HoldExceededError(label.provider, label.model, heldNanoUsd);
  }

  /**
   * Resolves when what was made before nobody wanted the rest is read: a process that was frozen or busy has much of it waiting
   * in its buffers. That is so when no more comes in than the provider makes. At most a second, since it goes on making. Undefined
   * where nothing waits, or its count is not what is charged.
   */
  caughtUp(wasHeldUp: boolean): Promise<void> | undefined {
    const output = this.#told();
    if (output === undefined || !this.#isBound(wasHeldUp)) return undefined;
    const isYoung = this.#door.clock.monotonic() - this.#call.startedAtMs < YOUNG_MS;
    return isYoung ? undefined : this.#catchUp(output);
  }

  async #catchUp(output: StreamedOutput): Promise<void> {
    const { clock, settle } = this.#door;
    const { roundMs, rounds } = settle === "await" ? CATCH_UP_AWAITED : CATCH_UP;
    const expected = this.#pace.bytesPerMs * roundMs * NOISE;
    let before = output.bytes;
    // What waited comes all at once: that is no pace.
    this.#isCatchingUp = true;
    for (let round = 1; ; round++) {
      await new Promise<void>((resolve) => clock.schedule(resolve, roundMs, { keepAlive: true }));
      const bytes = this.#told()?.bytes ?? before;
      if (bytes - before <= expected) return;
      if (round === rounds) return this.#pace.noteStretch(bytes - before, roundMs);
      before = bytes;
    }
  }

  /** Says of an outcome that is no bill why it broke off, and how much output there may have been. */
  bound(outcome: Outcome, { isUnknown, refusal }: SeenEnd): Outcome {
    const output = this.#told();
    if (outcome.kind === "answered" && output !== undefined && !isUsage(outcome.usage)) {
      const tokens = this.#tokensAboveHold(output);
      return tokens === undefined ? outcome : { ...outcome, outputTokensAtLeast: tokens };
    }
    if (outcome.kind !== "cut") return outcome;
    const reason = refusal === undefined ? outcome.reason : `cut by wflo: ${refusal.code}`;
    if (output === undefined) return { ...outcome, reason };
    if (this.#hasPassedHold)
      return { ...outcome, reason, passedHold: true, outputTokensAtMost: this.#atMost(output) };
    const tokens = this.#tokensAboveHold(output);
    if (tokens !== undefined) return { ...outcome, reason, passedHold: true, outputTokensAtMost: tokens };
    const isBound = !this.#failure && this.#isBound(isUnknown);
    return { ...outcome, reason, ...(isBound ? { outputTokensAtMost: this.#atMost(output) } : {}) };
  }

  /** A provider that ignores the output cap, with several tokens an event, costs more than its hold before it is certain that it does. */
  #tokensAboveHold(output: StreamedOutput): number | undefined {
    // What is likely may be twice of what is: only an answer that is above its hold for certain is charged more than that.
    const costNanoUsd = leastCost(this.#call, outputTokensByBytes(output)) ?? 0n;
    return costNanoUsd > this.#call.heldNanoUsd ? outputTokensLikely(output) : undefined;
  }

  /** What the meter tells; what it told before, from when it throws. */
  #told(): StreamedOutput | undefined {
    try {
      this.#lastTold = this.#meter.output?.();
    } catch (error) {
      this.#failure = { error };
    }
    return this.#lastTold;
  }

  /** Thoughts that are billed and not shown have no bound, nor has what a provider sent to a reader who held it up. */
  #isBound(wasHeldUp: boolean): boolean {
    return this.#call.request.reasoning === false && !wasHeldUp;
  }

  #atMost({ bytes }: StreamedOutput): number {
    const elapsedMs = this.#firstAtMs === undefined ? 0 : this.#door.clock.monotonic() - this.#firstAtMs;
    return outputTokensAtMost({ bytes, elapsedMs, bytesPerMs: this.#pace.bytesPerMs });
  }
}
