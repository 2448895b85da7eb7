import type { Clock } from "../ports/clock.ts";

/** A stream that nobody reads for this long is given up, so that its run comes to an end. */
const IDLE_MS = 600_000;

/** Why a stream broke off; whatever was thrown. */
export interface Broken {
  readonly error: unknown;
}

/** What a stream that a run returned is followed with. */
export interface StreamFollower {
  readonly clock: Clock;
  /** Ends the stream by its reason when it aborts. */
  readonly signal: AbortSignal;
  /** Runs what makes the next part of the stream where the run's function ran. */
  readonly within: <T>(fn: () => T) => T;
  /** The stream is over: read to its end, given up by its reader, or broken. Called once. */
  readonly over: (broken?: Broken) => Promise<void>;
}

/**
 * The same stream, with `over` called when it is over: a ReadableStream, a Response with a body, or any async iterable, such as the
 * streams of SDKs and async generators. Undefined for what is no stream.
 */
export function followStream<T>(value: T, follower: StreamFollower): T | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof ReadableStream) {
    return value.locked ? undefined : (followReadable(value, new Follow(follower)) as T);
  }
  if (typeof Response === "function" && value instanceof Response) {
    if (value.body === null || value.bodyUsed || value.body.locked) return undefined;
    const { status, statusText, headers } = value;
    const body = followReadable(value.body, new Follow(follower));
    return new Response(body, { status, statusText, headers }) as T;
  }
  return isAsyncIterable(value) && isOpen(value) ? followIterable(value, follower) : undefined;
}

/** Watches over the reading of one stream. */
class Follow {
  readonly #follower: StreamFollower;
  #over: Promise<void> | undefined;
  #isLeft = false;
  #cancelIdle: () => void;
  readonly #abort = () => this.#giveUp(this.#follower.signal.reason);

  constructor(follower: StreamFollower) {
    this.#follower = follower;
    this.#cancelIdle = this.#watch();
    if (follower.signal.aborted) this.#abort();
    else follower.signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** Takes the next part; tells when it was the last. Throws the reason once the signal has aborted. */
  async next<R extends { readonly done?: boolean | undefined }>(take: () => Promise<R>): Promise<R> {
    this.#cancelIdle();
    this.#follower.signal.throwIfAborted();
    let part: R;
    try {
      part = await this.#follower.within(take);
    } catch (error) {
      await this.over({ error });
      throw error;
    }
    // A read that was open when the reader left ends at once; what is left behind may go on until it is cancelled.
    if (part.done !== true) this.#rest();
    else if (!this.#isLeft) await this.over();
    return part;
  }

  /** The reader gives up. */
  async end<R>(cancel: () => Promise<R>): Promise<R> {
    this.#cancelIdle();
    this.#isLeft = true;
    try {
      return await this.#follower.within(cancel);
    } finally {
      await this.over();
    }
  }

  over(broken?: Broken): Promise<void> {
    this.#cancelIdle();
    this.#follower.signal.removeEventListener("abort", this.#abort);
    return (this.#over ??= this.#follower.over(broken));
  }

  #rest(): void {
    this.#cancelIdle();
    if (this.#over === undefined) this.#cancelIdle = this.#watch();
  }

  #watch(): () => void {
    const giveUp = () =>
      this.#giveUp(new Error("The stream that the run returned was not read for 10 minutes."));
    return this.#follower.clock.schedule(giveUp, IDLE_MS);
  }

  #giveUp(error: unknown): void {
    void this.over({ error }).catch(() => {});
  }
}

function followReadable<T>(stream: ReadableStream<T>, follow: Follow): ReadableStream<T> {
  const reader = stream.getReader();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await follow.next(() => reader.read());
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => follow.end(() => reader.cancel(reason)),
    },
    { highWaterMark: 0 },
  );
}

/** The object itself, with its iterator watched: what else it can do stays as it is. */
function followIterable<T extends AsyncIterable<unknown>>(value: T, follower: StreamFollower): T {
  const follow = new Follow(follower);
  const open = value[Symbol.asyncIterator].bind(value);
  const watched = (iterator: AsyncIterator<unknown>): AsyncIterableIterator<unknown> => ({
    next: (...args) => follow.next(() => iterator.next(...args)),
    return: (last) =>
      follow.end(async () => (await iterator.return?.(last)) ?? { done: true as const, value: await last }),
    throw: (error) =>
      follow.next(() =>
        iterator.throw === undefined ? Promise.reject(error as Error) : iterator.throw(error),
      ),
    [Symbol.asyncIterator]() {
      return this;
    },
  });
  if ("next" in value && typeof value.next === "function") {
    const iterator = value as unknown as AsyncIterator<unknown>;
    const original = {
      next: iterator.next.bind(value),
      return: iterator.return?.bind(value),
      throw: iterator.throw?.bind(value),
    };
    const own = watched(original as AsyncIterator<unknown>);
    return replaced(value, { ...own, [Symbol.asyncIterator]: () => value });
  }
  return replaced(value, { [Symbol.asyncIterator]: () => watched(open()) });
}

function replaced<T extends object>(value: T, members: object): T {
  for (const [key, member] of [
    ...Object.entries(members),
    [Symbol.asyncIterator, Reflect.get(members, Symbol.asyncIterator)] as const,
  ]) {
    Object.defineProperty(value, key, { value: member, writable: true, configurable: true });
  }
  return value;
}

/** Whether an iterator can be put in place of its own. */
function isOpen(value: object): boolean {
  const own = Object.getOwnPropertyDescriptor(value, Symbol.asyncIterator);
  return own === undefined ? Object.isExtensible(value) : own.writable === true && own.configurable === true;
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function";
}
