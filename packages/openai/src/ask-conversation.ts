import type { RequestPart } from "@wflo/core";
import type { Asked, Asking } from "./asked.ts";
import { conversationParts } from "./conversation.ts";
import { countOf, textOf, type Body } from "./native-request.ts";
import { thinks } from "./thinks.ts";
import { tokenText } from "./token-text.ts";

/** Tools that only ask the caller to do something; every other kind is work of the provider, billed beyond the request. */
const CALLER_TOOLS = new Set(["function", "custom", "local_shell", "apply_patch"]);
/** Fields that bring in text from elsewhere, up to what the model can read. */
const REMOTE_FIELDS = ["conversation", "prompt"];

/** A request to chat completions. */
export const askChat: Asking = ({ fields }) => {
  const { request } = conversation(fields, "messages");
  return { request: { ...request, outputs: countOf(fields["n"]) ?? 1 } };
};

/** A request to responses. */
export const askResponse: Asking = ({ fields }) => conversation(fields, "input");

/** A request to compact a conversation: it takes no output cap. */
export const askCompaction: Asking = ({ fields }) => {
  const { request } = conversation(fields, "input");
  return { request: { ...request, maxOutputTokens: undefined, canCap: false } };
};

function conversation(fields: Body, messages: "messages" | "input"): Asked {
  const model = textOf(fields["model"]) ?? "";
  return {
    request: {
      model,
      parts: [
        tokenText(fields, messages),
        ...remoteFields(fields),
        ...conversationParts(fields[messages]),
        ...providersOwnWork(fields),
      ],
      follows: textOf(fields["previous_response_id"]),
      maxOutputTokens:
        countOf(fields["max_completion_tokens"]) ??
        countOf(fields["max_tokens"]) ??
        countOf(fields["max_output_tokens"]),
      reasoning: thinks(fields, model),
      serviceTier: textOf(fields["service_tier"]),
    },
  };
}

function remoteFields(fields: Body): RequestPart[] {
  return REMOTE_FIELDS.filter((field) => fields[field] != null).map((field) => {
    return { kind: "opaque", what: `the field ${field}` };
  });
}

function providersOwnWork(fields: Body): RequestPart[] {
  const found: string[] = [];
  const tools = Array.isArray(fields["tools"]) ? (fields["tools"] as readonly { type?: unknown }[]) : [];
  for (const tool of tools) {
    if (typeof tool?.type === "string" && !CALLER_TOOLS.has(tool.type))
      found.push(`the hosted tool ${tool.type}`);
  }
  if (fields["web_search_options"] != null) found.push("web_search_options");
  if (fields["prediction"] != null) found.push("a prediction, whose rejected tokens are billed as output");
  if (Array.isArray(fields["modalities"]) && fields["modalities"].some((kind) => kind !== "text"))
    found.push("output other than text");
  return found.map((what) => ({ kind: "unbounded", what }));
}
