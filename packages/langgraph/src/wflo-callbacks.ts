import { bindWrapper, checkOptions, type BoundWrapper } from "@wflo/core";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { Serialized } from "@langchain/core/load/serializable";
import { HumanMessage, type BaseMessage } from "@langchain/core/messages";
import type { ChatResult, LLMResult } from "@langchain/core/outputs";
import type { Params } from "./models/asked-params.ts";
import { partsOfModel } from "./models/chat-model.ts";
import { chatRequest } from "./models/chat-request.ts";
import { metRefusal, type RefusalPlace } from "./errors.ts";
import { graphPlaceOf, namespaceOf } from "./graphs/graph-place.ts";
import { meteredModel } from "./meter-chat-model.ts";
import { METERED } from "./models/metered-calls.ts";
import { METER_OPTIONS, type MeterOptions } from "./options.ts";
import { WatchedAnswer } from "./models/watched-answer.ts";
import { UnwrappedCall } from "./models/unwrapped-call.ts";
import { signalOf, unwrappedRequest, type Start } from "./models/unwrapped-request.ts";
import { outcomeOfResult } from "./usage.ts";

/** Calls that are open at once at most. */
const MAX_CALLS = 100_000;
const REMEDY = "Wrap the model with meterChatModel.";
const NOWHERE: RefusalPlace = { graphRun: undefined, modelCall: undefined };

/** Calls that some handler is about to count, with the places of all that were told of it: LangChain tells them in one turn. */
const claimed = new Map<string, RefusalPlace[]>();
let handlers = 0;

/** Requests that LangChain makes at once: it tells of them in one turn, with one and the same description of their model. */
interface Group {
  readonly runIds: string[];
  isRefused: boolean;
}

const groups = new WeakMap<object, Group>();

function groupOf(llm: Serialized): Group {
  const group = groups.get(llm) ?? { runIds: [], isRefused: false };
  groups.set(llm, group);
  queueMicrotask(() => groups.delete(llm));
  return group;
}

/**
 * Counts the calls of models that nobody wrapped, by what LangChain tells of them. It holds for all the attempts that a model may make by
 * itself, cannot lower an output cap, and takes a stream for broken off when it says nothing for five seconds. Calls of
 * metered models pass. `callbacks: [wfloCallbacks()]`, on an invocation or a model; runs of wflo have it by themselves.
 */
export function wfloCallbacks(options: MeterOptions = {}): BaseCallbackHandler {
  checkOptions("The options of wfloCallbacks", options, METER_OPTIONS);
  return new WfloCallbacks(options, NOWHERE);
}

/** The same in a place where refusals are noted. */
export class WfloCallbacks extends BaseCallbackHandler {
  // LangChain adds no handler whose name it has: one further inside knows of places that the one around does not.
  readonly name = `wflo/${(handlers += 1)}`;
  readonly #options: MeterOptions;
  readonly #place: RefusalPlace;
  readonly #bind: () => Promise<BoundWrapper>;
  readonly #calls = new Map<string, UnwrappedCall>();

  constructor(options: MeterOptions, place: RefusalPlace, bind = bindWrapper(options)) {
    super({ raiseError: true });
    // Else the model is asked before there is an answer, and a refusal ends the process.
    this.awaitHandlers = true;
    this.#options = options;
    this.#place = place;
    this.#bind = bind;
  }

  /** Whether it is of a graph that a workflow runs, and notes for it what was refused. */
  get notesForGraph(): boolean {
    return this.#place.graphRun !== undefined;
  }

  /** A model that nobody wrapped, metered as this counts it: for calls of which LangChain tells nothing. */
  metered(model: BaseChatModel): BaseChatModel {
    return meteredModel(model, this.#options, async () => {
      const bound = await this.#bind();
      const { provider, model: name } = chatRequest(partsOfModel(model), [], {}, this.#options.provider);
      bound.wflo.reportUnwrapped({ provider, model: name, remedy: REMEDY });
      return bound;
    });
  }

  override async handleChatModelStart(
    llm: Serialized,
    messages: BaseMessage[][],
    runId: string,
    _parentRunId?: string,
    extra: Params = {},
    _tags?: string[],
    metadata: Params = {},
  ): Promise<void> {
    await this.#start(runId, { llm, messages: messages.flat(), extra, metadata });
  }

  override async handleLLMStart(
    llm: Serialized,
    prompts: string[],
    runId: string,
    _parentRunId?: string,
    extra: Params = {},
    _tags?: string[],
    metadata: Params = {},
  ): Promise<void> {
    await this.#start(runId, {
      llm,
      messages: prompts.map((prompt) => new HumanMessage(prompt)),
      extra,
      metadata,
    });
  }

  override async handleLLMNewToken(
    token: string,
    _place: unknown,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    { chunk }: { readonly chunk?: unknown } = {},
  ): Promise<void> {
    await this.#refusing({ places: [this.#place] }, async () => this.#calls.get(runId)?.told(token, chunk));
  }

  override async handleLLMEnd(
    output: LLMResult,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    extra: Params = {},
  ): Promise<void> {
    if (extra["cached"] === true) return this.#take(runId)?.ended("unsent");
    const result = { generations: output.generations.flat(), llmOutput: output.llmOutput } as ChatResult;
    await this.#take(runId)?.ended({ answered: outcomeOfResult(result, new WatchedAnswer()) });
  }

  override async handleLLMError(failed: unknown, runId: string): Promise<void> {
    await this.#take(runId)?.ended({ failed });
  }

  async #start(runId: string, start: Start): Promise<void> {
    if (start.metadata[METERED] === true) return;
    // One charge for one call, however many are told of it.
    const others = claimed.get(runId);
    if (others !== undefined) return void others.push(this.#place);
    const places = [this.#place];
    claimed.set(runId, places);
    const group = groupOf(start.llm);
    const task = namespaceOf(start.metadata);
    await this.#refusing({ places, task }, async () => {
      const { wflo, request: bound } = await this.#bind();
      for (const { modelCall } of places) if (modelCall?.refusal !== undefined) throw modelCall.refusal;
      const request = { ...unwrappedRequest(start, this.#options), ...bound };
      if (this.#calls.size >= MAX_CALLS) this.#forget();
      if (this.#calls.size >= MAX_CALLS)
        throw new Error("wflo: more than 100,000 calls of unwrapped models are open.");
      wflo.reportUnwrapped({ provider: request.provider, model: request.model, remedy: REMEDY });
      const { agent } = graphPlaceOf(undefined, start.metadata);
      const call = new UnwrappedCall(wflo, { ...request, agent: bound.agent ?? agent }, signalOf(start));
      await this.#openIn(group, runId, call);
    }).finally(() => claimed.delete(runId));
  }

  /** Of requests made at once none is sent when one is refused, and LangChain tells nobody. */
  async #openIn(group: Group, runId: string, call: UnwrappedCall): Promise<void> {
    try {
      await call.open();
    } catch (error) {
      group.isRefused = true;
      await Promise.all(group.runIds.map(async (id) => this.#take(id)?.ended("unsent")));
      throw error;
    }
    this.#calls.set(runId, call);
    group.runIds.push(runId);
    if (group.isRefused) await this.#take(runId)?.ended("unsent");
  }

  async #refusing(
    { places, task }: { readonly places: readonly RefusalPlace[]; readonly task?: string | undefined },
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw places.reduce((thrown, place) => metRefusal(thrown, place, task), error);
    }
  }

  /** LangChain may never tell the end of a call: those that were given up need not be kept. */
  #forget(): void {
    for (const [runId, call] of this.#calls) if (!call.isOpen) this.#calls.delete(runId);
  }

  #take(runId: string): UnwrappedCall | undefined {
    const call = this.#calls.get(runId);
    this.#calls.delete(runId);
    return call;
  }
}
