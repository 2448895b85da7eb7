import type { RequestPart } from "@wflo/core";
import type { Asked, Asking } from "./asked.ts";
import { askedCap, askedNumber } from "./asked-counts.ts";
import { conversationParts } from "./conversation.ts";
import { textOf, type Body } from "./native-request.ts";
import { fieldOf, providersWork } from "./providers-work.ts";
import { thinks } from "./thinks.ts";
import { tokenText } from "./token-text.ts";

/** The most answers that one chat may ask for (OpenAI's API reference, `n`). */
const MOST_ANSWERS = 128;

/** A request to chat completions. */
export const askChat: Asking = ({ fields }, provider) => {
  const { request } = conversation(fields, "messages", provider);
  return {
    request: {
      ...request,
      maxOutputTokens: askedCap("chat", fields),
      outputs: askedNumber(fields["n"], MOST_ANSWERS),
    },
  };
};

/** A request to responses. */
export const askResponse: Asking = ({ fields }, provider) => {
  const { request } = conversation(fields, "input", provider);
  return { request: { ...request, maxOutputTokens: askedCap("responses", fields) } };
};

/** A request to compact a conversation: it takes no output cap. */
export const askCompaction: Asking = ({ fields }, provider) => {
  const { request } = conversation(fields, "input", provider);
  return { request: { ...request, canCap: false } };
};

function conversation(fields: Body, messages: "messages" | "input", provider: string): Asked {
  const model = textOf(fields["model"]) ?? "";
  return {
    request: {
      model,
      parts: [
        tokenText(fields, messages),
        ...textFromElsewhere(fields),
        ...conversationParts(fields[messages]),
        ...providersWork(fields, fields[messages]),
      ],
      follows: textOf(fields["previous_response_id"]),
      reasoning: thinks(fields, model, provider),
      serviceTier: textOf(fields["service_tier"]),
    },
  };
}

/** What brings in text from elsewhere, up to what the model can read: a kept conversation, and Gemini's cached content. */
function textFromElsewhere(fields: Body): RequestPart[] {
  const cached = fieldOf(fieldOf(fields["extra_body"], "google"), "cached_content");
  const found = [
    ...(fields["conversation"] == null ? [] : ["the field conversation"]),
    ...(cached == null ? [] : ["cached content"]),
  ];
  return found.map((what) => ({ kind: "opaque", what }));
}
