import type { StreamMeter } from "@wflo/core";

/**
 * Reads an answer that is called JSON where a stream was asked for: by its first character it is an object after all, or events,
 * which the SDK reads whatever they are called.
 */
export function eventsOrJson(
  events: StreamMeter<Uint8Array>,
  json: StreamMeter<Uint8Array>,
): StreamMeter<Uint8Array> {
  const decoder = new TextDecoder();
  let chosen: StreamMeter<Uint8Array> | undefined;
  const meter = () => chosen ?? events;
  return {
    read(chunk) {
      if (chosen === undefined) {
        const begin = decoder.decode(chunk, { stream: true }).trimStart();
        // Only spaces so far, which mean nothing in either.
        if (begin === "") return [chunk];
        chosen = /^[[{"]/.test(begin) ? json : events;
      }
      return chosen.read(chunk);
    },
    flush: () => meter().flush(),
    output: () => meter().output?.(),
    truncate: () => meter().truncate?.() ?? [],
    isOver: () => meter().isOver?.() === true,
    outcome: (complete) => (chosen ?? json).outcome(complete),
  };
}
