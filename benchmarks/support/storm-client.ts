import { AsyncLocalStorage } from "node:async_hooks";
import type { Wflo } from "@wflo/core";
import { CALL_HEADER, type StormStream } from "./storm-plan.ts";

/** What a client of the provider is made with. */
interface StormConnection {
  readonly baseURL: string;
  readonly fetch: typeof fetch;
  /** What its wrapper takes. */
  readonly options: {
    readonly wflo: Wflo;
    readonly budgets: readonly string[];
    readonly provider: string;
    readonly onAbort: StormStream["onAbort"];
  };
}

/** Asks for a stream as a user of one adapter does; errors are thrown, and each request says which stream it is for. */
type OpenStream = (
  stream: StormStream,
  signal: AbortSignal,
) => AsyncIterable<unknown> | PromiseLike<AsyncIterable<unknown>>;

/** One client of the provider behind the door. */
export interface StormAdapter {
  /** wflo is told that a reader has left by `break`; else it reads on whatever `onAbort` says. */
  readonly hearsBreak: boolean;
  readonly connect: (connection: StormConnection) => OpenStream;
}

/** How a stream ended for its reader: as planned, before that, or with an error. */
export interface StormStory {
  readonly stream: StormStream;
  readonly events: number;
  /** Its reader left before it was over, as far as the reader knew. */
  readonly hasLeft: boolean;
  /** And wflo was told. */
  readonly isHeard: boolean;
  /** Calls that were granted for it, in order: every retry is one. */
  readonly callIds: readonly string[];
  /** The name of the error its reader got; undefined for none. */
  readonly error: string | undefined;
}

export const STORM_PROMPT = "Tell me a story about a storm at sea, and how the ship comes home. ".repeat(4);

/** Plays streams through one adapter, each wrapped for how its own end is to be paid. */
export class StormClient {
  readonly #adapter: StormAdapter;
  readonly #open: Readonly<Record<StormStream["onAbort"], OpenStream>>;
  readonly #calls = new AsyncLocalStorage<string[]>();

  constructor(adapter: StormAdapter, wflo: Wflo, baseURL: string, budget: string) {
    this.#adapter = adapter;
    // A call is granted, and sent, in the context of the stream that asks for it.
    wflo.on("call-start", ({ callId }) => this.#calls.getStore()?.push(callId));
    const sendWithCallId: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set(CALL_HEADER, this.#calls.getStore()?.at(-1) ?? "none");
      return fetch(input, { ...init, headers });
    };
    const wrapped = (onAbort: StormStream["onAbort"]) =>
      adapter.connect({
        baseURL,
        fetch: sendWithCallId,
        options: { wflo, budgets: [budget], provider: "openai", onAbort },
      });
    this.#open = { drain: wrapped("drain"), cancel: wrapped("cancel") };
  }

  async play(stream: StormStream): Promise<StormStory> {
    const callIds: string[] = [];
    return this.#calls.run(callIds, async () => {
      const read = { events: 0, hasLeft: false };
      const error = await this.#read(stream, read).then(
        () => undefined,
        (thrown: unknown) => (thrown instanceof Error ? thrown.constructor.name : String(thrown)),
      );
      const isHeard = read.hasLeft && (stream.end !== "break" || this.#adapter.hearsBreak);
      return { stream, ...read, isHeard, callIds, error };
    });
  }

  async #read(stream: StormStream, read: { events: number; hasLeft: boolean }): Promise<void> {
    const { after, onAbort } = stream;
    const gone = new AbortController();
    const timer = "ms" in after ? setTimeout(() => gone.abort(), after.ms) : undefined;
    try {
      for await (const _ of await this.#open[onAbort](stream, gone.signal)) {
        read.events += 1;
        if (stream.end === "complete" || "ms" in after || read.events <= after.events) continue;
        read.hasLeft = true;
        if (stream.end === "break") break;
        gone.abort();
      }
    } finally {
      clearTimeout(timer);
      // The SDK ends an aborted stream without an error.
      read.hasLeft ||= gone.signal.aborted;
    }
  }
}
