import { tierModifier } from "../rates/modified-rates.ts";
import { beginningOf, isEnd, isPieceOfMany } from "./answer-bounds.ts";
import { DONE } from "./events-of.ts";
import { mergedUsage } from "./merged-usage.ts";
import { chatUsageIn } from "./usage-of-openai.ts";
import { fieldsOf, hasItems, listOf, type Fields } from "./usage-of-response-fields.ts";
import { readingOf } from "./usage-of-response.ts";
import { isUsage, type SideUsage, type Usage } from "./usage.ts";

/** What a provider itself says of an answer. */
export interface ToldByProvider {
  readonly usage: Usage;
  readonly model: string | undefined;
  readonly serviceTier: string | undefined;
  readonly answerId: string | undefined;
}

/** Where events keep the part of an answer that they bring; what is called so elsewhere tells no usage. */
const INSIDE = ["response", "message", "interaction", "metadata"] as const;
const TELLS = ["usage", "model"] as const;
/** Content, which tells nothing of usage and is not kept. */
const CONTENT = new Set(["delta", "choices", "content"]);
/** The parts of Gemini's candidates that tell of fees. */
const GROUNDS = ["groundingMetadata", "urlContextMetadata"] as const;

/**
 * Follows what a provider itself tells of one answer, before a framework makes its own words of it, which leave parts out: a body of
 * a provider's API, or the events of its stream.
 */
export class NativeAnswer {
  /** How often usage was told. */
  counts = 0;
  /** Whether an error was told in place of an answer, or of its end. */
  hasFailed = false;
  /** Whether something was made. */
  hasContent = false;
  readonly #usages = new Map<string, Fields>();
  readonly #candidates: Fields[] = [];
  readonly #steps: Fields[] = [];
  readonly #earlier: SideUsage[] = [];
  #hasBegun = false;
  #hasEnded = false;
  #body: Fields = {};

  /** A body, or an event that brings a part of one. */
  note(data: unknown): void {
    const event = fieldsOf(data);
    if (!event || Array.isArray(data)) return;
    const begun = beginningOf(event);
    if (begun) this.#begin(begun.id);
    this.#noteProgress(event);
    const inside = insideOf(event);
    const { usage: _, usageMetadata, ...rest } = inside ?? event;
    // Anthropic's later events have a type of their own and say nothing else of the message.
    if (inside !== undefined || !("type" in event) || isWhole(event)) this.#keep(rest);
    this.#noteUsage("usage", chatUsageIn(inside ?? event));
    this.#noteUsage("usageMetadata", usageMetadata);
    this.#noteGateway(event);
  }

  /** Whether it broke off: an answer that has begun and has not told its end. */
  get isCut(): boolean {
    return this.#hasBegun && !this.#hasEnded && (this.hasContent || this.#usages.size > 0);
  }

  /** What has been told of the answer so far, as one body without its content. */
  body(): Fields {
    const candidates = this.#candidates.length === 0 ? {} : { candidates: this.#candidates };
    const steps = this.#steps.length === 0 ? {} : { steps: this.#steps };
    return { ...steps, ...this.#body, ...candidates, ...Object.fromEntries(this.#usages) };
  }

  /** What it has told so far; undefined where there is no usage in words that are known here. */
  told(): ToldByProvider | undefined {
    if (this.#usages.size === 0 && this.counts === 0) return this.#toldEarlier();
    const body = this.body();
    const reading = readingOf(body);
    if (reading === undefined || !isUsage(reading.usage)) return this.#toldEarlier();
    const { usage } = reading;
    const others = [...(usage.others ?? []), ...this.#earlier];
    return {
      usage: others.length === 0 ? usage : { ...usage, others },
      model: textOf(reading.model ?? body["model"]),
      serviceTier: textOf(reading.serviceTier),
      answerId: textOf(body["id"]),
    };
  }

  #keep(rest: Fields): void {
    const kept = Object.entries(rest).filter(([name]) => !CONTENT.has(name));
    this.#body = { ...this.#body, ...Object.fromEntries(kept) };
    for (const candidate of listOf(rest["candidates"])) {
      const runsCode = listOf(fieldsOf(candidate["content"])?.["parts"]).some(
        (part) => part["executableCode"] != null,
      );
      if (runsCode || GROUNDS.some((name) => candidate[name] != null)) this.#candidates.push(candidate);
    }
    if ("eval_count" in rest) this.counts += 1;
  }

  #noteUsage(name: string, value: unknown): void {
    const usage = fieldsOf(value);
    if (!usage || Array.isArray(value)) return;
    this.counts += 1;
    const told = Object.fromEntries(Object.entries(usage).filter(([, count]) => count != null));
    // Gemini tells it as a whole each time, and may tell less than before.
    const known = "totalTokenCount" in told ? undefined : this.#usages.get(name);
    this.#usages.set(name, mergedUsage(known, told));
  }

  /** An answer after one that has ended is of another request; told again before that, or under the same id, it is the same. */
  #begin(id: unknown): void {
    const isOther = this.#hasBegun && id !== this.#body["id"];
    const told = isOther && this.#usages.size > 0 ? this.told() : undefined;
    if (told) {
      this.#earlier.splice(0, Infinity, ...sidesOf(told, this.#hasEnded));
      this.#usages.clear();
    }
    this.#hasBegun = true;
    this.#hasEnded = false;
  }

  /** Of answers that were over before one that tells nothing. */
  #toldEarlier(): ToldByProvider | undefined {
    const [first] = this.#earlier;
    if (first === undefined) return undefined;
    const usage = { inputTokens: 0, outputTokens: 0, others: [...this.#earlier] };
    return { usage, model: first.model, serviceTier: undefined, answerId: undefined };
  }

  /** What a gateway says that it took. */
  #noteGateway(event: Fields): void {
    const gateway = fieldsOf(fieldsOf(event["provider_metadata"])?.["gateway"]);
    const known = this.#usages.get("usage");
    if (known && gateway && "cost" in gateway) this.#usages.set("usage", { cost: gateway["cost"], ...known });
  }

  /** Gemini's Interactions tell the calls of tools by pieces. */
  #noteStep(event: Fields): void {
    const step = fieldsOf(event["step"]);
    if (step) this.#steps.push(step);
    const delta = fieldsOf(event["delta"]);
    const last = this.#steps.at(-1);
    if (last && delta?.["arguments"] !== undefined && delta["type"] === last["type"])
      this.#steps[this.#steps.length - 1] = { ...last, arguments: delta["arguments"] };
  }

  #noteProgress(event: Fields): void {
    this.#noteStep(event);
    const { type, error, choices, candidates } = event;
    if (isPieceOfMany(event)) this.#hasBegun = true;
    // Anthropic's messages tell their end in words of their own.
    if (isEnd(event) || (type === DONE && this.#body["type"] !== "message")) this.#hasEnded = true;
    const name = typeof type === "string" ? type : "";
    const answer = fieldsOf(event["response"]);
    if (error != null || name === "error" || answer?.["status"] === "failed") this.hasFailed = true;
    const isPiece = /delta$|^content_block|^content-delta/.test(name) && name !== "message_delta";
    if (isPiece || hasItems(choices) || hasItems(candidates) || "contentBlockDelta" in event)
      this.hasContent = true;
  }
}

/** What an answer used that is over, beside that which follows it: at its own tier, and known whole only if it told its end. */
function sidesOf(told: ToldByProvider, hasEnded: boolean): readonly SideUsage[] {
  const { others = [], ...usage } = told.usage;
  const model = told.model === undefined ? {} : { model: told.model };
  const tier = tierModifier(told.serviceTier) ?? "service_tier:default";
  const fees = hasEnded ? [] : [{ meter: "the end of an answer that broke off", count: 1 }];
  const modifiers = [...new Set([...(usage.modifiers ?? []), tier])];
  const main = {
    ...usage,
    modifiers,
    ...(fees.length > 0 ? { fees: [...(usage.fees ?? []), ...fees] } : {}),
  };
  return [{ ...model, usage: main }, ...others.map((side) => ({ ...model, ...side }))];
}

/** The part of an answer that an event brings; undefined where the event is itself one. */
function insideOf(event: Fields): Fields | undefined {
  for (const name of INSIDE) {
    const inside = fieldsOf(event[name]);
    if (inside && TELLS.some((told) => told in inside)) return inside;
  }
  // Cohere's last event.
  const delta = fieldsOf(event["delta"]);
  return delta && fieldsOf(delta["usage"])?.["billed_units"] ? delta : undefined;
}

/** An event that is an answer as a whole: a message, or the result of an agent. */
function isWhole({ type }: Fields): boolean {
  return type === "message" || type === "result";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
