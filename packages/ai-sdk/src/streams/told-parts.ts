import { WfloError, type Grant } from "@wflo/core";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { withCharge } from "../calls/told-charge.ts";
import { UNKNOWN_USAGE } from "../usage.ts";
import { finishPart } from "./open-blocks.ts";

type Part = LanguageModelV4StreamPart;

/**
 * What the SDK gets of a metered stream: its last part tells what it was charged, and one that wflo cut ends with the refusal as a part, so
 * that `onError` hears of it and the SDK's own books close.
 */
export function toldParts(parts: ReadableStream<Part>, grant: Grant, wflo: object): ReadableStream<Part> {
  const reader = parts.getReader();
  return new ReadableStream<Part>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value.type === "finish" ? lastPart(value, grant, wflo) : value);
        } catch (error) {
          if (!WfloError.isInstance(error)) throw error;
          controller.enqueue({ type: "error", error });
          controller.enqueue(
            withCharge(finishPart({ unified: "error", raw: "wflo-budget" }), grant.charge(), wflo),
          );
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function lastPart(part: Extract<Part, { type: "finish" }>, grant: Grant, wflo: object): Part {
  const { usage = UNKNOWN_USAGE } = part as Partial<typeof part>;
  return withCharge({ ...part, usage }, grant.charge(), wflo);
}
