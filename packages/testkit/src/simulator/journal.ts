import type { AnswerUsage } from "./answer.ts";
import type { SimulatorRequest } from "./simulator-request.ts";

/** Tokens that a provider would bill. */
export interface ServedTokens {
  inputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** One request in the journal; it is written at once and kept up to date while the answer is streamed. */
export interface JournalEntry {
  readonly at: Date;
  readonly index: number;
  readonly api: SimulatorRequest["api"];
  readonly model: string;
  /** The HTTP status sent; 0 while, or when, no byte of an answer went out. */
  status: number;
  /** What a provider would bill so far, also for a cut or abandoned answer; undefined where it bills nothing. */
  served: Readonly<ServedTokens> | undefined;
  /** The client left before the end of the answer. */
  clientGone: boolean;
  /** Nothing more will be sent. */
  done: boolean;
}

/** Sums over all requests of a simulator, also those that the journal dropped. */
export interface BilledTotals extends Readonly<ServedTokens> {
  readonly calls: number;
}

/** What was asked and what was served. Keeps the newest `keep` requests; the totals count all. */
export class Journal {
  readonly requests: SimulatorRequest[] = [];
  readonly entries: JournalEntry[] = [];
  readonly #keep: number;
  readonly #totals = {
    calls: 0,
    inputTokens: 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
  };

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Notes a request that came in. */
  open(request: SimulatorRequest): JournalEntry {
    const { index, api, model } = request;
    const entry = {
      at: new Date(),
      index,
      api,
      model,
      status: 0,
      served: undefined,
      clientGone: false,
      done: false,
    };
    this.requests.push(request);
    this.entries.push(entry);
    if (this.entries.length > this.#keep) {
      this.requests.shift();
      this.entries.shift();
    }
    return entry;
  }

  /** Notes what has been served by now: the whole input, and the output up to here. */
  serve(entry: JournalEntry, usage: AnswerUsage, outputTokens: number): void {
    const before = entry.served;
    const { inputTokens, cachedTokens, cacheWriteTokens } = usage;
    const reasoningTokens = Math.min(usage.reasoningTokens, outputTokens);
    entry.served = { inputTokens, cachedTokens, cacheWriteTokens, outputTokens, reasoningTokens };
    if (!before) {
      this.#totals.calls += 1;
      this.#totals.inputTokens += inputTokens;
      this.#totals.cachedTokens += cachedTokens;
      this.#totals.cacheWriteTokens += cacheWriteTokens;
    }
    this.#totals.outputTokens += outputTokens - (before?.outputTokens ?? 0);
    this.#totals.reasoningTokens += reasoningTokens - (before?.reasoningTokens ?? 0);
  }

  /** What a provider would have billed by now. */
  billed(): BilledTotals {
    return { ...this.#totals };
  }
}
