import type { Answer } from "./answer.ts";
import { chatWire } from "./chat-completions.ts";
import { compactionWire } from "./compaction.ts";
import { completionsWire } from "./completions.ts";
import { embeddingsWire } from "./embeddings.ts";
import { imagesWire } from "./images.ts";
import { responsesWire } from "./responses.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import { speechWire } from "./speech.ts";
import { transcriptionsWire } from "./transcriptions.ts";
import type { Wire } from "./wire.ts";

/** How the endpoint that was asked writes an answer. Throws for batches, whose answers are files. */
export function wireOf(request: SimulatorRequest, answer: Answer): Wire {
  switch (request.api) {
    case "chat":
      return chatWire(request, answer);
    case "responses":
      return responsesWire(request, answer);
    case "compact":
      return compactionWire(answer);
    case "completions":
      return completionsWire(request, answer);
    case "embeddings":
      return embeddingsWire(request, answer);
    case "images":
      return imagesWire(request, answer);
    case "transcriptions":
    case "translations":
      return transcriptionsWire(request, answer);
    case "speech":
      return speechWire(answer);
    case "batches":
      throw new Error("a batch is no answer");
  }
}
