import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseChatModel, LangSmithParams } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import type { ChatGenerationChunk, ChatResult } from "@langchain/core/outputs";
import type { AsyncCaller } from "@langchain/core/utils/async_caller";

/** The options of one call, as LangChain has parsed them: what was bound to the model is among them. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly maxRetries?: number;
  readonly [option: string]: unknown;
}

/** What a chat model is made of where its answers come from. LangChain's types hide some of it from everybody but subclasses. */
export interface ChatModelParts {
  caller: AsyncCaller;
  _generate(messages: BaseMessage[], options: CallOptions, runManager?: RunManager): Promise<ChatResult>;
  _streamResponseChunks?(
    messages: BaseMessage[],
    options: CallOptions,
    runManager?: RunManager,
  ): AsyncGenerator<ChatGenerationChunk>;
  _streamChatModelEvents?(
    messages: BaseMessage[],
    options: CallOptions,
    runManager?: RunManager,
  ): AsyncGenerator<unknown>;
  getLsParams?(options: CallOptions): LangSmithParams;
  invocationParams?(options?: CallOptions): unknown;
  withConfig(config: object): object;
}

/** Whom LangChain tells of a call while it goes on. */
export type RunManager = CallbackManagerForLLMRun;

/** Whether something is a chat model of LangChain, of whichever installed copy. */
export function isChatModel(value: unknown): value is BaseChatModel {
  const model = value as Partial<BaseChatModel> | null | undefined;
  return (
    typeof value === "object" &&
    typeof model?._generate === "function" &&
    typeof model._modelType === "function" &&
    model._modelType() === "base_chat_model"
  );
}

/** The same object, as it is where its answers come from. */
export function partsOfModel(model: BaseChatModel): ChatModelParts {
  return model as unknown as ChatModelParts;
}
