import { askSpeech, askTranscription, askTranslation } from "./ask-audio.ts";
import { askChat, askCompaction, askResponse } from "./ask-conversation.ts";
import { askImages } from "./ask-images.ts";
import { askCompletion, askEmbedding } from "./ask-text.ts";
import type { Asking } from "./asked.ts";
import type { PricedApi } from "./endpoint.ts";

/** How a request of each endpoint is read. */
export const ASKING: Readonly<Record<PricedApi, Asking>> = {
  chat: askChat,
  responses: askResponse,
  compaction: askCompaction,
  completions: askCompletion,
  embeddings: askEmbedding,
  images: askImages,
  transcription: askTranscription,
  translation: askTranslation,
  speech: askSpeech,
};
