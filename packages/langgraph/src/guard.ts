import { apart, type BoundWrapper, type Grant, type GuardRequest, type RequestPart } from "@wflo/core";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { pieceMeter, streamAnswer, ToldLater, type Piece, type PieceReader } from "./models/answer-stream.ts";
import { BareModel } from "./models/bare-model.ts";
import { partsOfModel, type CallOptions, type ChatModelParts, type RunManager } from "./models/chat-model.ts";
import { chatRequest } from "./models/chat-request.ts";
import { metRefusal } from "./errors.ts";
import { currentGraphPlace } from "./graphs/graph-place.ts";
import { currentGraphRun } from "./graphs/graph-run.ts";
import { WatchedAnswer } from "./models/watched-answer.ts";
import { isMetered } from "./models/metered-calls.ts";
import { currentModelCall } from "./models/model-call.ts";
import type { MeterOptions } from "./options.ts";
import { OnceCaller, withOwnRetries } from "./models/own-retries.ts";
import { ToldByStream } from "./models/told-by-stream.ts";
import { outcomeOfResult } from "./usage.ts";

/** What LangChain calls a model with. */
export interface Asked {
  readonly messages: BaseMessage[];
  readonly options: CallOptions;
  readonly runManager: RunManager | undefined;
}

/** What a model made of an answer that came: it may not be what was asked for. */
type Made = { readonly result: ChatResult } | { readonly error: unknown };

/** Sends the requests of one chat model through the door, each attempt as a call of its own. */
export class ModelGuard {
  readonly #model: ChatModelParts;
  readonly #bare: BareModel | undefined;
  readonly #options: MeterOptions;
  readonly #bind: () => Promise<BoundWrapper>;

  constructor(model: BaseChatModel, options: MeterOptions, bind: () => Promise<BoundWrapper>) {
    this.#model = partsOfModel(model);
    // Another layer of wflo has attempts and caps of its own.
    this.#bare = isMetered(model) ? undefined : new BareModel(model);
    this.#options = options;
    this.#bind = bind;
  }

  /** An answer in one piece. Throws refusals before anything is sent. */
  async generate(asked: Asked): Promise<ChatResult> {
    const { messages, runManager } = asked;
    const { request, wflo } = await this.#open(asked);
    const made = await this.#asOften(asked, (caller) =>
      wflo.guardCall<Made>(request, async (grant) => {
        const native = new WatchedAnswer();
        const { model, options } = this.#attempt(asked, grant, { native, caller });
        try {
          const result = await this.#atWire(() => model._generate(messages, options, runManager));
          return { value: { result }, outcome: outcomeOfResult(result, native) };
        } catch (error) {
          const outcome = native.outcomeOfFailed();
          if (outcome === undefined) throw error;
          return { value: { error }, outcome };
        }
      }),
    );
    if ("error" in made) throw made.error;
    return made.result;
  }

  /** An answer that streams; `open` asks a model for it. Nothing is sent before the first piece is asked for. */
  async *stream<Item>(
    asked: Asked,
    reader: PieceReader<Item>,
    open: (model: ChatModelParts, options: CallOptions, runManager?: RunManager) => AsyncGenerator<Item>,
  ): AsyncGenerator<Item> {
    const { request, wflo } = await this.#open(asked);
    const pieces = await this.#asOften(asked, (caller) =>
      wflo.guardStream<Piece<Item>, ReadableStream<Piece<Item>>>(request, async (grant) => {
        const later = new ToldLater<Item>(asked.runManager);
        const told = new ToldByStream(new WatchedAnswer(), request.outputs);
        const { model, options } = this.#attempt(asked, grant, { native: told.native, caller });
        const meter = pieceMeter(told, reader, {
          showsAll: request.reasoning === false,
          truncates: request.onCut === "truncate",
        });
        return this.#atWire(() =>
          streamAnswer(open(model, options, later.runManager), { later, told, meter }),
        );
      }),
    );
    for await (const piece of pieces) {
      if ("item" in piece) yield piece.item;
      else if (asked.runManager !== undefined) await piece.tell(asked.runManager);
    }
  }

  async #open({ messages, options }: Asked): Promise<{ request: GuardRequest; wflo: BoundWrapper["wflo"] }> {
    const { wflo, request: bound } = await this.#bind();
    const asked = chatRequest(this.#model, messages, options, this.#options.provider);
    const { place, agent } = currentGraphPlace();
    const parts = bound.hold === undefined ? asked.parts : boundedParts(asked.parts);
    const request = {
      ...asked,
      ...bound,
      parts,
      place,
      agent: bound.agent ?? agent,
      canCap: asked.canCap === true && (this.#bare === undefined || this.#bare.canCap(options)),
      signal: options.signal,
    };
    return { request, wflo };
  }

  #attempt(
    { options }: Asked,
    { maxOutputTokens, signal }: Grant,
    wire: { readonly native: WatchedAnswer; readonly caller: OnceCaller },
  ): { readonly model: ChatModelParts; readonly options: CallOptions } {
    if (this.#bare === undefined) return { model: this.#model, options: { ...options, signal } };
    return {
      model: this.#bare.attempt(maxOutputTokens, wire),
      options: { ...options, signal, maxRetries: 0 },
    };
  }

  async #asOften<T>({ options }: Asked, attempt: (caller: OnceCaller) => Promise<T>): Promise<T> {
    const place = { graphRun: currentGraphRun(), modelCall: currentModelCall() };
    if (place.modelCall?.refusal !== undefined) throw place.modelCall.refusal;
    try {
      // The layer inside tries again by itself.
      if (this.#bare === undefined) return await attempt(new OnceCaller());
      return await withOwnRetries(this.#model.caller, options, attempt);
    } catch (error) {
      throw metRefusal(error, place);
    }
  }

  /** A metered call that the transport of a model makes is a call of its own; one that a model makes to answer by is the same. */
  #atWire<T>(work: () => Promise<T>): Promise<T> {
    return this.#bare?.sendsItself === true ? apart(work) : work();
  }
}

/** What somebody holds by hand needs no bound. */
function boundedParts(parts: readonly RequestPart[]): RequestPart[] {
  return parts.filter((part) => typeof part === "string" || part.kind !== "unbounded");
}
