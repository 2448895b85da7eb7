import { usageOfOpenAIChat, usageOfOpenAIResponse } from "./usage-of-openai.ts";
import { usageOfResponse } from "./usage-of-response.ts";
import type { Usage } from "./usage.ts";

type Body = Readonly<Record<string, unknown>>;

/** What a provider itself says of an answer. */
export interface ToldByProvider {
  readonly usage: Usage;
  readonly model: string | undefined;
  readonly serviceTier: string | undefined;
  readonly answerId: string | undefined;
}

/**
 * Follows what a provider itself tells of one answer, before a framework makes its own words of it, which leave parts out: a body of OpenAI's
 * or Anthropic's API, or the events of its stream.
 */
export class NativeAnswer {
  /** How often usage was told. */
  counts = 0;
  #usage: Body | undefined;
  #body: Body = {};

  /** A body, or an event that brings a part of one: OpenAI's chunks and responses, Anthropic's start and last delta of a message. */
  note(data: unknown): void {
    if (!isBody(data)) return;
    const inside = [data["response"], data["message"]].find(isBody);
    const body = inside ?? data;
    const { usage, delta: _, choices: __, content: ___, ...rest } = body;
    // Anthropic's later events have a type of their own and say nothing else of the message.
    if (inside !== undefined || !("type" in data) || data["type"] === "message")
      this.#body = { ...this.#body, ...rest };
    if (isBody(usage)) this.#noteUsage(usage);
  }

  /** What it has told so far; undefined where there is no usage in words that are known here. */
  told(): ToldByProvider | undefined {
    const { model, service_tier: tier, id } = this.#body;
    const usage = this.#count();
    if (usage === undefined) return undefined;
    return {
      usage,
      model: textOf(model),
      serviceTier: textOf(tier) ?? textOf(this.#usage?.["service_tier"]),
      answerId: textOf(id),
    };
  }

  #count(): Usage | undefined {
    const usage = this.#usage;
    if (usage === undefined) return undefined;
    if ("prompt_tokens" in usage) return usageOfOpenAIChat({ ...this.#body, usage });
    if (this.#body["object"] === "response") return usageOfOpenAIResponse({ ...this.#body, usage });
    if (this.#body["type"] === "message") return usageOfResponse({ ...this.#body, usage })?.usage;
    return undefined;
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

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
