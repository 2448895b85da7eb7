import type { RequestPart } from "@wflo/core";
import type { LanguageModelV4Prompt } from "@ai-sdk/provider";

type Fields = Readonly<Record<string, unknown>>;

/** Parts whose content is no text. */
const FILES = new Set(["file", "reasoning-file"]);
/** Deeper content is not looked through: it is opaque. */
const MAX_DEPTH = 8;

/** What a model reads of a prompt: one text a message, each followed by what its bytes do not bound, which is left out of the text. */
export function promptParts(prompt: LanguageModelV4Prompt): RequestPart[] {
  return prompt.flatMap((message) => {
    const opaque: RequestPart[] = [];
    const content = textOnly(message.content, opaque);
    return [JSON.stringify({ ...message, content }), ...opaque];
  });
}

/** Content without the data of files, which are not read as text; they are noted instead. */
function textOnly(content: unknown, opaque: RequestPart[], depth = 0): unknown {
  if (Array.isArray(content)) return content.map((item: unknown) => textOnly(item, opaque, depth + 1));
  if (!isFields(content)) return content;
  const { type } = content;
  if (depth > MAX_DEPTH) {
    opaque.push({ kind: "opaque", what: "content that is nested too deep" });
    return { type };
  }
  if (typeof type === "string" && FILES.has(type)) return withoutFile(content, opaque);
  const kept = keptByProvider(content);
  if (kept !== undefined) opaque.push({ kind: "opaque", ...kept, key: JSON.stringify(content) });
  // What a tool gave back may have pictures in it.
  const { output } = content;
  if (!isFields(output) || output["type"] !== "content") return content;
  return { ...content, output: { ...output, value: textOnly(output["value"], opaque, depth + 1) } };
}

function withoutFile(file: Fields, opaque: RequestPart[]): unknown {
  const { data, ...about } = file;
  // A document given as its text is read as that.
  if (isFields(data) && data["type"] === "text") return file;
  opaque.push({ kind: "opaque", what: `a file (${String(about["mediaType"])})`, key: contentOf(data) });
  return about;
}

/** The content itself; undefined where there is only an address, behind which it may change. */
function contentOf(data: unknown): string | undefined {
  if (data instanceof Uint8Array) return new TextDecoder("latin1").decode(data);
  // In the specifications v2 and v3 it stands there itself; addresses are objects.
  if (typeof data === "string") return data;
  return isFields(data) && data["type"] === "data" ? contentOf(data["data"]) : undefined;
}

/** What the provider sends itself again by its id: thoughts whose text is nowhere in the prompt, and what its own tools found. */
function keptByProvider(part: Fields): { readonly what: string; readonly itemId: string } | undefined {
  const { type, providerOptions } = part;
  if (!isFields(providerOptions)) return undefined;
  for (const options of Object.values(providerOptions)) {
    if (!isFields(options) || typeof options["itemId"] !== "string" || options["itemId"] === "") continue;
    const itemId = options["itemId"];
    if (type === "reasoning" && options["reasoningEncryptedContent"] == null)
      return { what: "thoughts of an earlier answer", itemId };
    if (part["providerExecuted"] === true || type === "custom" || (type === "tool-result" && isHosted(part)))
      return { what: "work of the provider in an earlier answer", itemId };
  }
  return undefined;
}

/** In the assistant's own message stand only results of tools that the provider ran. */
function isHosted({ output }: Fields): boolean {
  return isFields(output) && output["type"] === "json";
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
