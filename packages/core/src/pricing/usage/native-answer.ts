import { fieldsOf, listOf, type Fields } from "./usage-of-response-fields.ts";
import { chatUsageIn } from "./usage-of-openai.ts";
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
    if (event["type"] === "message_start") this.#begin(fieldsOf(event["message"])?.["id"]);
    this.#noteProgress(event);
    const inside = insideOf(event);
    const { usage: _, usageMetadata, ...rest } = inside ?? event;
    // Anthropic's later events have a type of their own and say nothing else of the message.
    if (inside !== undefined || !("type" in event) || isWhole(event)) this.#keep(rest);
    this.#noteUsage("usage", chatUsageIn(inside ?? event));
    this.#noteUsage("usageMetadata", usageMetadata);
    this.#noteGateway(event);
  }

  /** Whether it broke off: a message that began and has not told its end. */
  get isCut(): boolean {
    return this.#hasBegun && !this.#hasEnded;
  }

  /** What has been told of the answer so far, as one body without its content. */
  body(): Fields {
    const candidates = this.#candidates.length === 0 ? {} : { candidates: this.#candidates };
    const steps = this.#steps.length === 0 ? {} : { steps: this.#steps };
    return { ...steps, ...this.#body, ...candidates, ...Object.fromEntries(this.#usages) };
  }

  /** What it has told so far; undefined where there is no usage in words that are known here. */
  told(): ToldByProvider | undefined {
    if (this.#usages.size === 0 && this.counts === 0) return undefined;
    const body = this.body();
    const reading = readingOf(body);
    if (reading === undefined || !isUsage(reading.usage)) return undefined;
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
    const both = { ...known, ...told };
    // Anthropic's last event may tell the output alone. Of two counts of one answer the larger is charged.
    const isLess = totalOf(both) < totalOf(known);
    this.#usages.set(name, isLess ? { ...told, ...known } : both);
  }

  /** A message after one that has ended is another request; told again before that, it is the same. */
  #begin(id: unknown): void {
    const told = this.#hasEnded && id !== this.#body["id"] ? this.told() : undefined;
    if (told) {
      this.#earlier.splice(0, Infinity, { ...(told.model ? { model: told.model } : {}), usage: told.usage });
      this.#usages.clear();
    }
    this.#hasBegun = true;
    this.#hasEnded = false;
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
    if (type === "message_delta" || type === "message_stop") this.#hasEnded = true;
    const name = typeof type === "string" ? type : "";
    const answer = fieldsOf(event["response"]);
    if (error != null || name === "error" || answer?.["status"] === "failed") this.hasFailed = true;
    const isPiece = /delta$|^content_block|^content-delta/.test(name) && name !== "message_delta";
    if (isPiece || hasItems(choices) || hasItems(candidates) || "contentBlockDelta" in event)
      this.hasContent = true;
  }
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

function totalOf(usage: Fields | undefined): number {
  const names = ["prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "totalTokenCount"];
  return names.reduce((sum, name) => {
    const count = usage?.[name];
    return typeof count === "number" ? sum + count : sum;
  }, 0);
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
