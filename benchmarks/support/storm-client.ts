import { AsyncLocalStorage } from "node:async_hooks";
import type { Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import OpenAI from "openai";
import { CALL_HEADER, STREAM_HEADER, type StormStream } from "./storm-plan.ts";

/** How a stream ended for its reader: as planned, before that, or with an error. */
export interface StormStory {
  readonly stream: StormStream;
  readonly events: number;
  /** Its reader left before it was over, as far as the reader knew. */
  readonly hasLeft: boolean;
  /** Calls that were granted for it, in order: every retry is one. */
  readonly callIds: readonly string[];
  /** The name of the error its reader got; undefined for none. */
  readonly error: string | undefined;
}

const PROMPT = "Tell me a story about a storm at sea, and how the ship comes home. ".repeat(4);

/** Plays streams through the openai client, each wrapped for how its own end is to be paid. */
export class StormClient {
  readonly #clients: Readonly<Record<StormStream["onAbort"], OpenAI>>;
  readonly #calls = new AsyncLocalStorage<string[]>();

  constructor(wflo: Wflo, baseURL: string, budget: string) {
    // A call is granted, and sent, in the context of the stream that asks for it.
    wflo.on("call-start", ({ callId }) => this.#calls.getStore()?.push(callId));
    const sendWithCallId: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set(CALL_HEADER, this.#calls.getStore()?.at(-1) ?? "none");
      return fetch(input, { ...init, headers });
    };
    const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 2, fetch: sendWithCallId });
    const wrapped = (onAbort: StormStream["onAbort"]) =>
      wfloOpenAI(client, { wflo, budgets: [budget], provider: "openai", onAbort });
    this.#clients = { drain: wrapped("drain"), cancel: wrapped("cancel") };
  }

  async play(stream: StormStream): Promise<StormStory> {
    const callIds: string[] = [];
    return this.#calls.run(callIds, async () => {
      const read = { events: 0, hasLeft: false };
      const error = await this.#read(stream, read).then(
        () => undefined,
        (thrown: unknown) => (thrown instanceof Error ? thrown.constructor.name : String(thrown)),
      );
      return { stream, ...read, callIds, error };
    });
  }

  async #read({ after, ...stream }: StormStream, read: { events: number; hasLeft: boolean }): Promise<void> {
    const gone = new AbortController();
    const timer = "ms" in after ? setTimeout(() => gone.abort(), after.ms) : undefined;
    try {
      for await (const _ of await this.#open(stream, gone.signal)) {
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

  async #open({ api, model, number, onAbort }: Omit<StormStream, "after">, signal: AbortSignal) {
    const client = this.#clients[onAbort];
    const options = { signal, headers: { [STREAM_HEADER]: String(number) } };
    return api === "chat"
      ? client.chat.completions.create(
          { model, messages: [{ role: "user", content: PROMPT }], stream: true },
          options,
        )
      : client.responses.create({ model, input: PROMPT, stream: true }, options);
  }
}
