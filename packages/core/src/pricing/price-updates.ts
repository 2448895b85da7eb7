import { InvalidPriceListError } from "../errors/invalid-price-list-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { Files } from "../ports/files.ts";
import type { Catalogue } from "./rates/catalogue.ts";
import type { PriceUpdate } from "./rates/price-options.ts";
import { readPriceList } from "./rates/read-price-list.ts";

const DAY_MS = 86_400_000;
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 20_000_000;

/** A text and the ISO date on which it was last changed. */
interface Found {
  readonly text: string;
  readonly date: string;
  readonly told?: Readonly<Record<string, string>>;
}

/** What updates of prices need of the host. */
export interface UpdateMeans {
  readonly update: PriceUpdate;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly files: Files | undefined;
  readonly onUpdated: (list: { readonly source: string; readonly date: string }) => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Looks for a newer list of prices now and then, behind the calls: none waits for it, and what is in use stays where it fails. */
export class PriceUpdates {
  readonly #means: UpdateMeans;
  readonly #name: string;
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  readonly #abort = new AbortController();
  /** What the server told of the text that was last taken, so that it need not be sent again. */
  #told: Readonly<Record<string, string>> = {};
  #lastText: string | undefined;
  #checkedAt: Date | undefined;
  #problem: string | undefined;

  constructor(means: UpdateMeans) {
    this.#means = means;
    this.#name = nameOf(String(means.update.from));
  }

  /** Begins with what was kept, then looks. */
  start(): void {
    this.#looking = this.#readKept().then(() => this.#look());
  }

  /** When it last found a list that can be used, in use or newer, and why it could not the last time. */
  get state(): { readonly checkedAt: Date | undefined; readonly problem: string | undefined } {
    return { checkedAt: this.#checkedAt, problem: this.#problem };
  }

  /** Looks now; resolves when the look is over, whatever came of it. Several who ask at once share one. */
  async refresh(): Promise<void> {
    const before = this.#looking;
    await before;
    if (this.#looking === before) this.#looking = this.#look();
    await this.#looking;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#abort.abort();
  }

  async #look(): Promise<void> {
    const { update, clock } = this.#means;
    this.#cancel?.();
    try {
      const found = await this.#find();
      if (this.#isClosed) return;
      if (found !== undefined) await this.#take(found, true);
      // Only of a list that can be used: one that is mended must be sent again.
      this.#told = found?.told ?? this.#told;
      this.#checkedAt = new Date(clock.now());
      this.#problem = undefined;
    } catch (error) {
      this.#fail(error);
    }
    if (!this.#isClosed)
      this.#cancel = clock.schedule(() => void (this.#looking = this.#look()), update.everyMs ?? DAY_MS);
  }

  async #readKept(): Promise<void> {
    const { update, files } = this.#means;
    if (update.keepIn === undefined) return;
    try {
      const kept = await files?.read(update.keepIn);
      if (kept) await this.#take({ text: kept.text, date: dayOf(kept.changedAt) }, false);
    } catch (error) {
      // What was kept is older than what this version carries: that is no trouble.
      if (!(error instanceof InvalidPriceListError && error.isOlder)) this.#fail(error);
    }
  }

  async #take({ text, date }: Found, isNew: boolean): Promise<void> {
    const { catalogue, files, update, onUpdated } = this.#means;
    const current = catalogue.list();
    if (isNew && text === this.#lastText) return;
    const list = await readPriceList({
      text,
      from: this.#name,
      date,
      current,
      nowMs: this.#means.clock.now(),
    });
    this.#lastText = text;
    catalogue.use(list);
    onUpdated({ source: list.name, date: list.date });
    if (isNew && update.keepIn !== undefined) {
      const providers = [...list.providers.values()];
      try {
        await files?.write(update.keepIn, JSON.stringify({ date: list.date, providers }));
      } catch (error) {
        this.#means.onTrouble(
          new Error(`the new list is used, but could not be kept in ${update.keepIn}`, { cause: error }),
        );
      }
    }
  }

  #fail(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    const isNew = problem !== this.#problem;
    this.#problem = problem;
    // The same trouble is told once, not at every look.
    if (isNew && !this.#isClosed) this.#means.onTrouble(error);
  }

  async #find(): Promise<Found | undefined> {
    const from = String(this.#means.update.from);
    if (/^https?:/.test(from)) return await this.#fetch(from);
    const { files } = this.#means;
    if (files === undefined) throw new InvalidPriceListError(this.#name, "this host has no files");
    const file = await files.read(from);
    if (file === undefined) throw new InvalidPriceListError(this.#name, "there is no such file");
    return { text: file.text, date: dayOf(file.changedAt) };
  }

  /** Undefined where it has not changed. */
  async #fetch(url: string): Promise<Found | undefined> {
    const { update, clock } = this.#means;
    const response = await (update.fetch ?? fetch)(url, {
      signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(update.timeoutMs ?? TIMEOUT_MS)]),
      headers: this.#told,
    });
    if (response.status === 304) return undefined;
    if (!response.ok)
      throw new InvalidPriceListError(this.#name, `it was answered with HTTP ${response.status}`);
    const text = await textOf(response, this.#name);
    const [tag, change] = [response.headers.get("etag"), response.headers.get("last-modified")];
    const told = {
      ...(tag === null ? {} : { "if-none-match": tag }),
      ...(change === null ? {} : { "if-modified-since": change }),
    };
    const changed = new Date(change ?? NaN);
    return { text, told, date: dayOf(Number.isNaN(changed.getTime()) ? new Date(clock.now()) : changed) };
  }
}

/** Where a list is from, as receipts and warnings tell it: without what may be a key. */
function nameOf(from: string): string {
  if (!/^https?:/.test(from)) return from.replace(/^file:\/\//, "");
  const { host, pathname } = new URL(from);
  return `${host}${pathname}`;
}

async function textOf(response: Response, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength;
    if (bytes > MAX_BYTES) throw new InvalidPriceListError(name, `it has more than ${MAX_BYTES} bytes`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
