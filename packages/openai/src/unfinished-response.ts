import type { StreamEvent } from "./told-by-events.ts";

type Fields = Record<string, unknown>;

/** Follows a streamed response, so that it can be ended as one that has come to its output cap, with what there is of it. */
export class UnfinishedResponse {
  #response: Readonly<Fields> | undefined;
  #sequence = 0;
  readonly #items = new Map<number, Fields>();

  /** Notes an event. */
  note(event: StreamEvent): void {
    const { type, response, ...rest } = event as StreamEvent & Fields;
    if (response) this.#response = response;
    if (typeof rest["sequence_number"] === "number") this.#sequence = rest["sequence_number"];
    const at = rest["output_index"];
    if (typeof at !== "number") return;
    const isItem = type === "response.output_item.added" || type === "response.output_item.done";
    if (isItem) this.#items.set(at, structuredClone(rest["item"]) as Fields);
    else this.#change(type ?? "", this.#items.get(at), rest);
  }

  /** The event with which it ends; undefined when it has not begun. */
  incomplete(): string | undefined {
    if (this.#response === undefined) return undefined;
    const type = "response.incomplete";
    const output = [...this.#items].toSorted(([a], [b]) => a - b).map(([, item]) => ended(item));
    const response = {
      ...this.#response,
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output,
    };
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence + 1, response })}\n\n`;
  }

  #change(type: string, item: Fields | undefined, event: Fields): void {
    if (item === undefined) return;
    const { content_index: at, delta, part } = event;
    if (type === "response.content_part.added" && typeof at === "number") {
      const content = Array.isArray(item["content"]) ? (item["content"] as unknown[]) : [];
      content[at] = structuredClone(part);
      item["content"] = content;
    }
    if (typeof delta !== "string") return;
    if (type === "response.output_text.delta") append(partAt(item, at), "text", delta);
    if (type === "response.refusal.delta") append(partAt(item, at), "refusal", delta);
    if (type === "response.function_call_arguments.delta") append(item, "arguments", delta);
    if (type === "response.custom_tool_call_input.delta") append(item, "input", delta);
  }
}

function partAt(item: Fields, at: unknown): Fields | undefined {
  const content = item["content"];
  return Array.isArray(content) && typeof at === "number" ? (content[at] as Fields | undefined) : undefined;
}

function append(target: Fields | undefined, name: string, delta: string): void {
  if (target) target[name] = `${typeof target[name] === "string" ? target[name] : ""}${delta}`;
}

function ended(item: Fields): Fields {
  return item["status"] === "in_progress" ? { ...item, status: "incomplete" } : item;
}
