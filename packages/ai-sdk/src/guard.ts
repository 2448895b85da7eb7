import {
  apart,
  rejoined,
  type BoundWrapper,
  type CallCharge,
  type Grant,
  type GuardRequest,
  type Outcome,
  type RequestPart,
  type StreamMeter,
} from "@wflo/core";
import { rejectPromises } from "./streams/no-output.ts";
import { settingsOf, withoutSettings, type AnyCallOptions } from "./calls/call-settings.ts";
import { inLayer, isInLayer } from "./calls/layers.ts";
import { withCharge } from "./calls/told-charge.ts";

/** A call as the door takes it, and how its answer is read. */
export interface AskedCall<Result> {
  readonly request: GuardRequest;
  readonly outcome: (result: Result) => Outcome;
  /** What the SDK gets of the result, once it is known what it was charged. Default: with that in its metadata. */
  readonly told?: (result: Result, charge: CallCharge | undefined, wflo: BoundWrapper["wflo"]) => Result;
}

/** The same of one whose answer streams. */
export interface AskedStream<Chunk> {
  readonly request: GuardRequest;
  readonly meter: (request: GuardRequest) => StreamMeter<Chunk>;
  /** What an answer comes to that is there as a whole beside its stream; undefined where only the stream tells. */
  readonly outcome?: (result: object) => Outcome | undefined;
  /** What the SDK gets of the metered chunks. */
  readonly told: (chunks: ReadableStream<Chunk>, grant: Grant) => ReadableStream<Chunk>;
}

/** How one kind of call is read and written. */
export interface CallKind<Options extends AnyCallOptions, Asked extends { readonly request: GuardRequest }> {
  readonly ask: (options: Options, bound: BoundWrapper) => Asked;
  /** The options with the output cap that was granted; left out where there is none to write. */
  readonly capped?: (options: Options, maxOutputTokens: number | undefined) => Options;
}

/** Sends what the SDK asks of a model through the door, each attempt as a call of its own. */
export class ModelGuard {
  readonly #bind: () => Promise<BoundWrapper>;

  constructor(bind: () => Promise<BoundWrapper>) {
    this.#bind = bind;
  }

  /** An answer in one piece. Throws refusals before anything is sent. */
  async generate<Options extends AnyCallOptions, Result extends object>(
    kind: CallKind<Options, AskedCall<Result>>,
    options: Options,
    send: (options: Options) => PromiseLike<Result>,
  ): Promise<Result> {
    const { asked, request, wflo, around } = await this.#open(kind, options);
    let granted: Grant | undefined;
    const result = await around(() =>
      wflo.guardCall(request, async (grant) => {
        granted = grant;
        const value = await apart(() => send(sent(kind, options, request, grant)));
        return { value, outcome: asked.outcome(value) };
      }),
    );
    return (asked.told ?? withCharge)(result, granted?.charge(), wflo);
  }

  /** An answer that streams. Throws refusals before anything is sent. */
  async stream<
    Options extends AnyCallOptions,
    Chunk,
    Result extends { readonly stream: ReadableStream<Chunk> },
  >(
    kind: CallKind<Options, AskedStream<Chunk>>,
    options: Options,
    send: (options: Options) => PromiseLike<Result>,
  ): Promise<Result> {
    const { asked, request, wflo, around } = await this.#open(kind, options).catch(rejectPromises);
    return around(() =>
      wflo.guardStream<Chunk, Result>(request, async (grant) => {
        const result = await apart(() => send(sent(kind, options, request, grant)));
        const outcome = asked.outcome?.(result);
        if (outcome !== undefined)
          return { value: { ...result, stream: asked.told(result.stream, grant) }, outcome };
        return {
          chunks: result.stream,
          meter: asked.meter(request),
          value: (chunks) => ({ ...result, stream: asked.told(chunks, grant) }),
        };
      }),
    ).catch(rejectPromises);
  }

  async #open<Options extends AnyCallOptions, Asked extends { readonly request: GuardRequest }>(
    { ask }: CallKind<Options, Asked>,
    options: Options,
  ): Promise<Opened<Asked>> {
    const settings = settingsOf(options);
    const bound = await this.#bind();
    const asked = ask(withoutSettings(options), bound);
    const given = { ...asked.request, ...defined(bound.request), ...defined(settings) };
    const request = {
      ...given,
      budgets: [...new Set([...bound.request.budgets, ...(settings.budgets ?? [])])],
      parts: given.hold === undefined ? given.parts : boundedParts(given.parts),
      signal: options.abortSignal,
    };
    const { wflo } = bound;
    const { provider, model } = request;
    if (!isInLayer(options, model)) return { asked, request, wflo, around: (work) => work() };
    // A layer inside another one's call is that call: it takes its hold over.
    wflo.reportLayered({ provider, model });
    return { asked, request, wflo, around: rejoined };
  }
}

interface Opened<Asked> {
  readonly asked: Asked;
  readonly request: GuardRequest;
  readonly wflo: BoundWrapper["wflo"];
  /** Does the work of the call where it belongs: by itself, or in the call of the layer around. */
  readonly around: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What the model gets: without what was meant for wflo, with wflo's own signal, and the cap that was granted. */
function sent<Options extends AnyCallOptions>(
  { capped }: Pick<CallKind<Options, never>, "capped">,
  options: Options,
  { model }: GuardRequest,
  { maxOutputTokens, signal }: Grant,
): Options {
  const plain = withoutSettings(options);
  const within = capped === undefined ? plain : capped(plain, maxOutputTokens);
  return inLayer({ ...within, abortSignal: signal }, model);
}

/** What somebody holds by hand needs no bound. */
function boundedParts(parts: readonly RequestPart[]): RequestPart[] {
  return parts.filter((part) => typeof part === "string" || part.kind !== "unbounded");
}

function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Fields>;
}
