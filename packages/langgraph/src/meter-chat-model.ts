import { bindWrapper, checkOptions, InvalidOptionError, type BoundWrapper } from "@wflo/core";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk } from "@langchain/core/outputs";
import type { PieceReader } from "./models/answer-stream.ts";
import { isChatModel, partsOfModel, type CallOptions, type RunManager } from "./models/chat-model.ts";
import { configurableParts } from "./models/configurable-model.ts";
import { ModelGuard } from "./guard.ts";
import { METERED, noteMetered } from "./models/metered-calls.ts";
import { classWithPrivateFields } from "./models/private-fields.ts";
import { retryingNoRefusals } from "./models/run-retries.ts";
import { METER_OPTIONS, type MeterOptions } from "./options.ts";

/** Every answer of a stream, as LangChain adds them up. */
const CHUNKS: PieceReader<ChatGenerationChunk> = {
  note: (told, chunk) => told.noteChunk(chunk),
  passed: (chunk) => chunk,
  ending() {
    const generationInfo = { finish_reason: "length" };
    const message = new AIMessageChunk({ content: "", response_metadata: generationInfo });
    return [new ChatGenerationChunk({ message, text: "", generationInfo })];
  },
};

/** The same of a caller who asked not to be told of usage; it is asked for all the same. */
const CHUNKS_WITHOUT_USAGE: PieceReader<ChatGenerationChunk> = {
  ...CHUNKS,
  passed(chunk) {
    const message = chunk.message as AIMessageChunk;
    if (message.usage_metadata !== undefined) delete message.usage_metadata;
    return chunk;
  },
};

/** The events of models that speak LangChain's protocol of content blocks by themselves. */
const EVENTS: PieceReader<unknown> = {
  note: (told, event) => told.noteEvent(event),
  passed: (event) => event,
  // An event in the middle of a block is no end that LangChain can read.
  ending: () => undefined,
};

/**
 * The same chat model with every request behind wflo's door: priced, held and settled, each retry as a call of its own, whether it is
 * invoked, streamed, bound to tools, asked for structured output, or part of a chain, a graph or an agent. It is an instance of the same class.
 * Refusals (`BudgetExceededError` and others, see `wflo.guardCall`) are thrown before anything is sent and are not tried again.
 * Retries that a model's client makes by itself (Bedrock's does) are one call. Throws `InvalidOptionError` for what is no chat model, and for
 * models of classes with private fields.
 */
export function meterChatModel<Model extends BaseChatModel>(model: Model, options: MeterOptions = {}): Model {
  checkOptions("The options of meterChatModel", options, METER_OPTIONS);
  return meteredModel(model, options, bindWrapper(options));
}

/** The same for models that share a wrapper, and with it a budget of its own. */
export function meteredModel<Model extends BaseChatModel>(
  model: Model,
  options: MeterOptions,
  bind: () => Promise<BoundWrapper>,
): Model {
  if (!isChatModel(model)) {
    throw new InvalidOptionError(
      "meterChatModel takes a chat model of LangChain. Of what is made of one, such as model.withConfig(…), bindTools(…) or " +
        "withFallbacks(…), meter the models inside: meterChatModel(model).withConfig(…).",
    );
  }
  const secretive = classWithPrivateFields(model);
  if (secretive !== undefined) {
    throw new InvalidOptionError(
      `meterChatModel cannot work with ${secretive}: its private fields (#…) are in no copy of it. Leave it as it is: inside of runs, and by ` +
        "wfloCallbacks() elsewhere, its calls are held for and counted all the same.",
    );
  }
  const again = (made: object): object => meteredAgain(made, { model, metered, meter });
  const meter = (inner: BaseChatModel) => meteredModel(inner, options, bind);
  const guard = new ModelGuard(model, options, bind);
  const metered = Object.create(model) as Model;
  const define = (parts: object) => {
    for (const [name, value] of Object.entries(parts)) {
      Object.defineProperty(metered, name, { value, writable: true, configurable: true, enumerable: false });
    }
  };
  define({
    metadata: { ...model.metadata, [METERED]: true },
    withConfig: (config: object) => again(partsOfModel(model).withConfig(config)),
    ...retryingNoRefusals(model),
    ...(configurableParts(model, meter, again) ?? guardedParts(model, guard)),
  });
  noteMetered(metered);
  return metered;
}

/** The places where answers come from. */
function guardedParts(model: BaseChatModel, guard: ModelGuard): object {
  const has = (method: "_streamResponseChunks" | "_streamChatModelEvents") => {
    const own: unknown = Reflect.get(model, method);
    return own !== undefined && own !== Reflect.get(BaseChatModel.prototype, method);
  };
  const { streamUsage } = model as { streamUsage?: unknown };
  const reader = streamUsage === false ? CHUNKS_WITHOUT_USAGE : CHUNKS;
  return {
    _generate: (messages: BaseMessage[], options: CallOptions, runManager?: RunManager) =>
      guard.generate({ messages, options, runManager }),
    ...(!has("_streamResponseChunks")
      ? {}
      : {
          _streamResponseChunks: (messages: BaseMessage[], options: CallOptions, runManager?: RunManager) =>
            guard.stream({ messages, options, runManager }, reader, (attempt, opts, manager) =>
              opened(attempt._streamResponseChunks?.(messages, opts, manager)),
            ),
        }),
    ...(!has("_streamChatModelEvents")
      ? {}
      : {
          _streamChatModelEvents: (messages: BaseMessage[], options: CallOptions, runManager?: RunManager) =>
            guard.stream({ messages, options, runManager }, EVENTS, (attempt, opts, manager) =>
              opened(attempt._streamChatModelEvents?.(messages, opts, manager)),
            ),
        }),
  };
}

function opened<Item>(stream: AsyncGenerator<Item> | undefined): AsyncGenerator<Item> {
  if (stream === undefined) throw new TypeError("wflo: the model has no stream any more");
  return stream;
}

/** What a model makes of itself is metered too: a copy with other settings, or the model bound to some. */
function meteredAgain(
  made: object,
  {
    model,
    metered,
    meter,
  }: {
    readonly model: BaseChatModel;
    readonly metered: BaseChatModel;
    readonly meter: (inner: BaseChatModel) => BaseChatModel;
  },
): object {
  if (made === model) return metered;
  if (isChatModel(made)) return meter(made);
  const { bound } = made as { readonly bound?: unknown };
  if (!isChatModel(bound)) return made;
  const inside = bound === model ? metered : meter(bound);
  const bare = Object.defineProperty(Object.create(made) as object, "bound", {
    value: inside,
    enumerable: true,
  });
  return Object.assign(bare, retryingNoRefusals(made));
}
