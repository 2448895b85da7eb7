import type { Answer } from "./answer.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import { plainWire, type Wire } from "./wire.ts";

const DIMENSIONS = 8;

/** Writes answers as `/v1/embeddings` does: a vector for each input, as numbers or in base64. */
export function embeddingsWire({ body }: SimulatorRequest, answer: Answer): Wire {
  const dimensions = typeof body["dimensions"] === "number" ? body["dimensions"] : DIMENSIONS;
  const data = Array.from({ length: inputsIn(body["input"]) }, (_, index) => {
    const vector = Float32Array.from({ length: dimensions }, (_dimension, at) => 1 / (at + index + 2));
    const isText = body["encoding_format"] === "base64";
    return { object: "embedding", index, embedding: isText ? base64Of(vector) : [...vector] };
  });
  const { inputTokens } = answer.usage;
  return plainWire({
    body: () => ({
      object: "list",
      data,
      model: answer.model,
      ...(answer.omitUsage ? {} : { usage: { prompt_tokens: inputTokens, total_tokens: inputTokens } }),
    }),
  });
}

/** A text or a list of tokens is one input; a list of these is many. */
function inputsIn(input: unknown): number {
  return Array.isArray(input) && typeof input[0] !== "number" ? input.length : 1;
}

function base64Of(vector: Float32Array): string {
  return btoa(String.fromCharCode(...new Uint8Array(vector.buffer)));
}
