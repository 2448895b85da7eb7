import type { AnswerUsage } from "./answer.ts";
import type { SimulatedApi } from "./endpoint.ts";
import { addGrowth, emptyBill, servedAt, type ServedTokens } from "./served.ts";
import type { SimulatorRequest } from "./simulator-request.ts";

/** One paid request in the journal; it is written at once and kept up to date while the answer is made. */
export interface JournalEntry {
  readonly at: Date;
  readonly index: number;
  readonly api: SimulatedApi;
  readonly model: string;
  /** The HTTP status sent; 0 while, or when, no byte of an answer went out. */
  status: number;
  /** What a provider would bill so far, also for a cut or abandoned answer; undefined where it bills nothing. */
  served: ServedTokens | undefined;
  /** The client left before the end of the answer. */
  clientGone: boolean;
  /** Nothing more will be sent, or made behind the client's back. */
  done: boolean;
}

/** Sums over all requests of a simulator, also those that the journal dropped. */
export interface BilledTotals extends ServedTokens {
  readonly calls: number;
}

/** What was asked and what was served. Keeps the newest `keep` requests; the totals count all. */
export class Journal {
  readonly requests: SimulatorRequest[] = [];
  readonly entries: JournalEntry[] = [];
  readonly #keep: number;
  #calls = 0;
  readonly #totals = emptyBill();

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
    entry.served = servedAt(usage, outputTokens);
    if (!before) this.#calls += 1;
    addGrowth(this.#totals, before, entry.served);
  }

  /** What a provider would have billed by now. */
  billed(): BilledTotals {
    return { calls: this.#calls, ...this.#totals };
  }
}
