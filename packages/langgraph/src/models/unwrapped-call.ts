import {
  currentRun,
  Money,
  outcomeOfError,
  type GuardRequest,
  type Outcome,
  type StreamMeter,
  type Wflo,
} from "@wflo/core";
import { bytesOfChunk } from "./told-by-stream.ts";
import type { Answered } from "../usage.ts";

/** A stream that says nothing for so long is taken for broken off: LangChain tells nobody when its reader leaves. */
const IDLE_MS = 5_000;
/** A call that says nothing at all for so long is given up. */
const SILENT_MS = 600_000;
/** The same when its run's function has ended, and only such calls are waited for. */
const LEFT_MS = 1_000;

/** How a call ended, as LangChain told it. */
type End = "unsent" | { readonly answered: Answered } | { readonly failed: unknown };

/**
 * A call of a model that nobody wrapped, held and counted by what LangChain tells of it. What it tells is led through the door as a stream, so
 * that one that breaks off is charged by what was seen of it. One that goes on after all is held for once more, and its bill, if it comes,
 * puts the charge right.
 */
export class UnwrappedCall {
  readonly #wflo: Wflo;
  readonly #request: GuardRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #showsAll: boolean;
  readonly #callIds: string[] = [];
  #stream: ReadableStreamDefaultController<string> | undefined;
  #end: End | undefined;
  #bytes = 0;
  #pieces = 0;
  #cut: { readonly error: unknown } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #runClosed: AbortSignal | undefined;
  #wasUnwanted = false;

  /** `signal`: its caller's, who may have left before it is sent. */
  constructor(wflo: Wflo, request: GuardRequest, signal?: AbortSignal) {
    this.#wflo = wflo;
    this.#request = request;
    this.#signal = signal;
    this.#showsAll = request.reasoning === false;
  }

  /** Whether the door still waits for what becomes of it. */
  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  /** Holds money for it. Throws refusals. */
  async open(): Promise<void> {
    this.#bytes = 0;
    this.#pieces = 0;
    const chunks = await this.#wflo.guardStream<string, ReadableStream<string>>(
      this.#request,
      async ({ callId }) => {
        this.#callIds.push(callId);
        const source = new ReadableStream<string>({
          start: (controller) => void (this.#stream = controller),
        });
        return { chunks: source, meter: this.#meter(), value: (told) => told };
      },
    );
    void this.#watch(chunks);
    // Nothing is sent before LangChain has heard of the hold.
    this.#wasUnwanted = this.#signal?.aborted === true;
    this.#runClosed = currentRun()?.closed;
    this.#runClosed?.addEventListener("abort", this.#left);
    this.#wait(this.#runClosed?.aborted === true ? LEFT_MS : SILENT_MS);
  }

  /** A piece of the answer came. Throws when wflo cut it meanwhile. */
  async told(token: string, chunk?: unknown): Promise<void> {
    if (this.#cut) throw this.#cut.error;
    if (this.#stream === undefined) await this.open();
    this.#bytes += Math.max(new TextEncoder().encode(token).length, bytesOfChunk(chunk));
    this.#pieces += 1;
    this.#stream?.enqueue(token);
    this.#wait(IDLE_MS);
  }

  /** It is over. */
  async ended(end: End): Promise<void> {
    clearTimeout(this.#timer);
    const isOpen = this.#stream !== undefined;
    this.#end = end;
    this.#close();
    if (end === "unsent" || !("answered" in end)) return;
    // Taken for broken off before, it was charged by what was seen: its bill is known now.
    const wrong = isOpen ? this.#callIds.slice(0, -1) : this.#callIds;
    const bill = isOpen ? undefined : this.#billOf(end.answered);
    if (!isOpen && bill === undefined) return;
    await this.#putRight(wrong, bill).catch((error: unknown) => {
      // The answer is the user's all the same, and more than it cost was charged.
      process.emitWarning(
        `A call of ${this.#request.model} stays charged by what was seen of it: ${String(error)}`,
      );
    });
  }

  async #putRight(wrong: readonly string[], bill: Money | undefined): Promise<void> {
    await this.#wflo.flush();
    for (const callId of wrong) {
      const cost = callId === this.#callIds.at(-1) ? (bill ?? 0) : 0;
      await this.#wflo.calls.resolve(callId, { cost, note: "the stream went on after all" });
    }
  }

  #billOf({ usage, model = this.#request.model, serviceTier }: Answered): Money | undefined {
    if (usage === undefined) return undefined;
    const cost = this.#wflo.pricing.cost({
      provider: this.#request.provider,
      model,
      usage,
      ...(serviceTier === undefined ? {} : { serviceTier }),
    });
    return cost.kind === "known" ? new Money(cost.nanoUsd) : undefined;
  }

  #meter(): StreamMeter<string> {
    const meter: StreamMeter<string> = {
      read: (token) => [token],
      flush: () => [],
      outcome: () => this.#outcome(),
    };
    if (this.#showsAll) meter.output = () => ({ bytes: this.#bytes, pieces: this.#pieces });
    return meter;
  }

  #outcome(): Outcome {
    const end = this.#end;
    if (end === "unsent") return { kind: "rejected", reason: "nothing was sent for it" };
    if (end !== undefined && "answered" in end) return end.answered;
    const hasBegun = this.#pieces > 0;
    if (this.#isUnsent(end)) return { kind: "rejected", reason: "its caller had left before it was sent" };
    if (end === undefined) return { kind: hasBegun ? "cut" : "doubt", reason: "nothing came any more" };
    return hasBegun
      ? { kind: "cut", reason: "the stream broke off before its end" }
      : outcomeOfError(end.failed);
  }

  #isUnsent(end: Exclude<End, "unsent"> | undefined): boolean {
    if (!this.#wasUnwanted || this.#pieces > 0 || end === undefined || "answered" in end) return false;
    // A model that does not look at the signal fails by something else.
    const reason: unknown = this.#signal?.reason;
    const { name, message } = (end.failed ?? {}) as Partial<Error>;
    return end.failed === reason || name === "AbortError" || message === reason || message === "Aborted";
  }

  /** Reads what the door hands on; an error is a cut. */
  async #watch(chunks: ReadableStream<string>): Promise<void> {
    const own = this.#stream;
    try {
      for await (const _ of chunks);
    } catch (error) {
      if (this.#stream === own && own !== undefined) this.#cut = { error };
    }
  }

  readonly #left = (): void => {
    if (this.#pieces === 0) this.#wait(LEFT_MS);
  };

  #wait(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#close(), afterMs);
    this.#timer.unref?.();
  }

  #close(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#runClosed?.removeEventListener("abort", this.#left);
    if (this.#cut || stream === undefined) return;
    if (this.#end === undefined) stream.error(new Error("nothing came any more"));
    else stream.close();
  }
}
