import { isNothing, usageOfResponse, type Outcome, type Usage } from "@wflo/core";
import type { AIMessage, BaseMessage, UsageMetadata } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";

import type { WatchedAnswer } from "./models/watched-answer.ts";

/** An outcome of an answer that came. */
export type Answered = Extract<Outcome, { kind: "answered" }>;

/** What is told of an answer beside its content: by LangChain's response metadata, or in a stream's words. */
export type About = Readonly<Record<string, unknown>>;

/** What an answer in one piece means for money: its usage, and the model and the tier that served it, by the provider's own word if it is known. */
export function outcomeOfResult({ generations, llmOutput }: ChatResult, native: WatchedAnswer): Answered {
  // Models of text have no messages.
  const messages = generations.flatMap(({ message }) => (message as BaseMessage | undefined) ?? []);
  // Several answers to one request bear the usage of all of them, each.
  const told = messages.find((message) => usageOf(message) !== undefined) ?? messages[0];
  const info = generations[0]?.generationInfo;
  const about = { ...llmOutput, ...info, ...told?.response_metadata };
  return {
    ...(native.outcome() ?? answered(told && usageOf(told), about)),
    itemIds: messages.flatMap(writtenIds),
  };
}

/** The same of what was counted and told. */
export function answered(counted: Partial<UsageMetadata> | undefined, about: About): Answered {
  const measured = usageOfResponse({ usage_metadata: counted, response_metadata: about });
  return {
    kind: "answered",
    usage: counts(measured?.usage),
    model: measured?.model ?? textOf(about["model_name"]) ?? textOf(about["model"]),
    serviceTier: measured?.serviceTier ?? textOf(about["service_tier"]),
    answerId: textOf(about["id"]),
  };
}

/** What is counted as nothing was not counted. */
function counts(usage: Usage | undefined): Usage | undefined {
  return usage === undefined || isNothing(usage) ? undefined : usage;
}

function usageOf(message: BaseMessage): UsageMetadata | undefined {
  return (message as AIMessage).usage_metadata;
}

/** Ids under which the provider keeps what is in a message. */
export function writtenIds(message: BaseMessage): string[] {
  const { reasoning } = (message.additional_kwargs ?? {}) as { reasoning?: { id?: unknown } };
  return [message.id, reasoning?.id].flatMap((id) => textOf(id) ?? []);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
