import { usageOfOpenAIChat, usageOfOpenAIResponse, usageOfResponse, type Outcome } from "@wflo/core";
import type { OnceCaller } from "./own-retries.ts";

type Body = Readonly<Record<string, unknown>>;
type Send = (...args: unknown[]) => unknown;
type Answered = Extract<Outcome, { kind: "answered" }>;

/** The methods by which models send a request: their answer is the provider's own, a body or a stream of events. */
const SENDING = ["completionWithRetry", "createStreamWithRetry"] as const;

/** Whether a model sends its requests itself, as those of LangChain's own packages do: others may answer by another model. */
export function sendsItself(model: object): boolean {
  return SENDING.some((name) => typeof Reflect.get(model, name) === "function");
}

/** What a provider itself has told of an answer, before LangChain made its own words of it, which leave parts out. */
export class NativeAnswer {
  readonly #opened = Promise.withResolvers<void>();
  /** How often usage was told. */
  counts = 0;
  #usage: Body | undefined;
  #body: Body = {};

  /** Resolves when the provider has begun to answer, where the model lets that be seen. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Methods to put in place of a model's own, so that what they bring is seen; `caller` is told where they fail. */
  watching(model: object, caller: OnceCaller): Readonly<Record<string, unknown>> {
    const watched = SENDING.flatMap((name) => {
      const send: unknown = Reflect.get(model, name);
      return typeof send === "function" ? [[name, this.#watched(model, send as Send, caller)] as const] : [];
    });
    return Object.fromEntries(watched);
  }

  /** The usage in the provider's words; undefined where they are not known here. */
  outcome(): Omit<Answered, "itemIds"> | undefined {
    const { model, service_tier: tier, id } = this.#body;
    const usage = this.#count();
    if (usage === undefined) return undefined;
    const own = this.#usage?.["service_tier"];
    return {
      kind: "answered",
      usage,
      model: textOf(model),
      serviceTier: textOf(tier) ?? textOf(own),
      answerId: textOf(id),
    };
  }

  #count(): Answered["usage"] {
    const usage = this.#usage;
    if (usage === undefined) return undefined;
    if ("prompt_tokens" in usage) return usageOfOpenAIChat({ ...this.#body, usage });
    if (this.#body["object"] === "response") return usageOfOpenAIResponse({ ...this.#body, usage });
    if (this.#body["type"] === "message") return usageOfResponse({ ...this.#body, usage })?.usage;
    return undefined;
  }

  #watched(model: object, send: Send, caller: OnceCaller): Send {
    return async (...args: unknown[]): Promise<unknown> => {
      const answer: unknown = await caller.noting(async () => Reflect.apply(send, model, args) as unknown);
      this.#opened.resolve();
      if (!isAsyncIterable(answer)) {
        this.#note(answer);
        return answer;
      }
      const note = (event: unknown) => this.#note(event);
      const events = async function* () {
        for await (const event of answer) {
          note(event);
          yield event;
        }
      };
      return Object.defineProperty(Object.create(answer) as object, Symbol.asyncIterator, { value: events });
    };
  }

  /** A body, or an event that brings a part of one: OpenAI's chunks and responses, Anthropic's start and last delta of a message. */
  #note(data: unknown): void {
    if (!isBody(data)) return;
    const inside = [data["response"], data["message"]].find(isBody);
    const body = inside ?? data;
    const { usage, delta: _, choices: __, content: ___, ...rest } = body;
    // Anthropic's later events have a type of their own and say nothing else of the message.
    if (inside !== undefined || !("type" in data) || data["type"] === "message")
      this.#body = { ...this.#body, ...rest };
    if (isBody(usage)) this.#noteUsage(usage);
  }

  #noteUsage(usage: Body): void {
    this.counts += 1;
    const told = Object.fromEntries(Object.entries(usage).filter(([, count]) => count != null));
    const both = { ...this.#usage, ...told };
    // Anthropic's last event may tell the output alone. Of two counts of one answer the larger is charged.
    const isLess = totalOf(both) < totalOf(this.#usage);
    this.#usage = isLess ? { ...told, ...this.#usage } : both;
  }
}

function totalOf(usage: Body | undefined): number {
  const { prompt_tokens: read, completion_tokens: made } = usage ?? {};
  const { input_tokens: input, output_tokens: output } = usage ?? {};
  return [read, made, input, output].reduce<number>((sum, n) => sum + (typeof n === "number" ? n : 0), 0);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
