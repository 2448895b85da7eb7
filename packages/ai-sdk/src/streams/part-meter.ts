import type { StreamMeter } from "@wflo/core";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { OpenBlocks } from "./open-blocks.ts";
import { ToldByStream } from "./told-by-stream.ts";

/** Reads what the parts of an answer tell of money. `showsAll`: everything that is billed as output is shown. */
export function partMeter({
  showsAll,
  truncates,
  showsRaw,
  wflo,
}: {
  readonly showsAll: boolean;
  readonly truncates: boolean;
  /** The provider's own events were asked for by the caller as well. */
  readonly showsRaw: boolean;
  /** The client that charges it. */
  readonly wflo: object;
}): StreamMeter<LanguageModelV4StreamPart> {
  const told = new ToldByStream(wflo);
  const blocks = new OpenBlocks();
  const meter: StreamMeter<LanguageModelV4StreamPart> = {
    read(part) {
      told.note(part);
      blocks.note(part);
      return part.type === "raw" && !showsRaw ? [] : [part];
    },
    isOver: () => told.isOver,
    flush: () => [],
    outcome: (complete) => told.outcome(complete),
  };
  if (showsAll) meter.output = () => told.output;
  if (truncates) meter.truncate = () => blocks.truncation();
  return meter;
}
