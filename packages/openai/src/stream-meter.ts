import type { StreamMeter } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import { EventSplitter, fieldsOf } from "./event-splitter.ts";
import { StreamEnding } from "./stream-ending.ts";
import { ToldByEvents } from "./told-by-events.ts";

/** Chunks get this field, empty, only because wflo asked for usage. Quotes inside of texts are escaped, so it is a key. */
const EMPTY_USAGE = /,\s*"usage"\s*:\s*null(?=\s*[,}])|"usage"\s*:\s*null\s*,\s*/;

interface StreamMeterOptions {
  readonly api: PricedApi;
  /** Keep the usage from the caller, who did not ask for it. */
  readonly hideUsage: boolean;
  /** The caller's stream gets an ending of its own where wflo cuts it. */
  readonly truncates?: boolean;
}

/** A meter that also knows the provider's id of the answer, once it was told. */
export interface EventStreamMeter extends StreamMeter<Uint8Array> {
  answerId(): string | undefined;
}

/** Reads the usage out of a stream of server-sent events on its way to the caller, who gets whole events. */
export function streamMeter({ api, hideUsage, truncates = false }: StreamMeterOptions): EventStreamMeter {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const splitter = new EventSplitter();
  const told = new ToldByEvents(api);
  const ending = truncates ? new StreamEnding(api) : undefined;

  /** Takes one event; returns what the caller gets of it. */
  const take = (event: string): string => {
    const { data, name } = fieldsOf(event);
    if (data === "") return event;
    const { isUsageOnly, body } = told.note(data, name);
    ending?.note(body);
    if (!hideUsage) return event;
    return isUsageOnly ? "" : event.replace(EMPTY_USAGE, "");
  };
  /** The decoder has kept bytes of a character that is not whole. */
  let isKeeping = false;
  const encoded = (text: string) => (text === "" ? [] : [encoder.encode(text)]);

  return {
    read(chunk) {
      const wasWhole = splitter.isBetween && !isKeeping;
      isKeeping = (chunk.at(-1) ?? 0) >= 0x80;
      const text = decoder.decode(chunk, { stream: true });
      const passed = splitter.take(text).map(take).join("");
      const isWhole = splitter.isBetween && !isKeeping;
      return wasWhole && isWhole && passed === text ? [chunk] : encoded(passed);
    },
    isOver: () => told.isOver,
    flush() {
      const events = splitter.take(decoder.decode());
      return encoded([...events, splitter.rest()].map(take).join(""));
    },
    output: () => told.output,
    truncate() {
      const events = ending?.events();
      return events === undefined ? undefined : encoded(events);
    },
    outcome: (complete) => told.outcome(complete),
    answerId: () => told.answerId,
  };
}
