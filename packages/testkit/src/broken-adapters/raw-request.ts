import type { GuardRequest, RequestPart } from "@wflo/core";
import type { AdapterCallOptions, AdapterSetup } from "../suites/adapter-case.ts";
import type { RawBody } from "./raw-seams.ts";

/** The body of a request, as the API of chats wants it. */
export function bodyOf(
  { model }: AdapterSetup,
  prompt: string,
  { maxOutputTokens, tools, image }: AdapterCallOptions,
): RawBody {
  const picture = { type: "image_url", image_url: { url: image } };
  const content = image === undefined ? prompt : [{ type: "text", text: prompt }, picture];
  return {
    model,
    messages: [{ role: "user", content }],
    ...(tools === undefined ? {} : { tools: tools.map((tool) => ({ type: "function", function: tool })) }),
    ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
  };
}

/** The same, to be answered as a stream that tells its usage. */
export function streamed(body: RawBody): RawBody {
  return { ...body, stream: true, stream_options: { include_usage: true } };
}

/** What the door is told of a request. */
export function requestOf(
  setup: AdapterSetup,
  body: RawBody,
  { signal, maxOutputTokens, image }: AdapterCallOptions,
): GuardRequest {
  const { model, budgets, agent, onAbort, onCut, clamp, hold } = setup;
  return {
    provider: "openai",
    model,
    parts: partsOf(body, image),
    reasoning: !model.startsWith("gpt-4"),
    signal,
    maxOutputTokens,
    budgets,
    agent,
    onAbort,
    onCut,
    clamp,
    hold,
  };
}

/** All texts in one, tools too; a picture has more tokens than bytes, or fewer. */
function partsOf(body: RawBody, image: string | undefined): readonly RequestPart[] {
  const text = JSON.stringify(body);
  if (image === undefined) return [{ kind: "text", text }];
  return [
    { kind: "text", text: text.replace(image, "") },
    { kind: "opaque", what: "an image", key: image },
  ];
}
