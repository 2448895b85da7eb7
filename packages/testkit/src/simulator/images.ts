import { PIXEL } from "./answer-items.ts";
import type { Answer } from "./answer.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import type { SseEvent } from "./sse.ts";
import { plainWire, type Wire } from "./wire.ts";

/** Writes answers as `/v1/images/…` does. Models older than gpt-image tell no usage: they are billed by the picture. */
export function imagesWire({ body, path }: SimulatorRequest, answer: Answer): Wire {
  const tellsUsage = !answer.omitUsage && /gpt-image|chatgpt-image/.test(answer.model);
  const look = {
    background: "opaque",
    output_format: "png",
    quality: typeof body["quality"] === "string" && body["quality"] !== "auto" ? body["quality"] : "low",
    size: typeof body["size"] === "string" && body["size"] !== "auto" ? body["size"] : "1024x1024",
  };
  const usage = tellsUsage ? { usage: imageUsage(answer) } : {};
  const stem = path.includes("/edits") ? "image_edit" : "image_generation";
  const event = (type: string, fields: object): SseEvent => ({
    event: `${stem}.${type}`,
    data: {
      type: `${stem}.${type}`,
      b64_json: PIXEL,
      created_at: answer.createdAtSeconds,
      ...look,
      ...fields,
    },
  });
  let partial = 0;
  return plainWire({
    body: () => ({
      created: answer.createdAtSeconds,
      ...look,
      data: Array.from({ length: answer.usage.images }, () => ({ b64_json: PIXEL })),
      ...usage,
    }),
    piece: () => [event("partial_image", { partial_image_index: partial++ })],
    end: () => [event("completed", usage)],
  });
}

function imageUsage({ usage }: Answer): object {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      image_tokens: usage.imageTokens,
      text_tokens: usage.inputTokens - usage.imageTokens,
    },
    output_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
