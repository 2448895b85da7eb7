import { deflateRawSync, inflateRawSync } from "node:zlib";
import { StoreUnavailableError } from "@wflo/core";

/** Shorter texts stay as they are. Characters. PostgreSQL itself compresses only rows of more than 2 kB, and less. */
const MIN_CHARACTERS = 150;

/**
 * What texts have in common with others, by the number that stands before what was packed with it: the words of messages as LangChain
 * and OpenAI write them, the commonest last. Never to be changed, as texts cannot be read without it; another one gets a number of its own.
 */
const DICTIONARIES: ReadonlyMap<number, Buffer> = new Map([
  [
    1,
    Buffer.from(
      '"role":"system""role":"tool","tool_call_id":""role":"user","content":""role":"assistant","content":""refusal":null,' +
        '"annotations":[]"type":"function","function":{"name":"","arguments":"{\\""finish_reason":"tool_calls""system_fingerprint":"fp_' +
        '"logprobs":null"prompt_tokens":,"completion_tokens":"cached_tokens":0"reasoning_tokens":0"service_tier":"default"' +
        '"ToolMessage""SystemMessage""AIMessageChunk""tool_calls":[{"id":"call_","name":"","args":{"type":"tool_call"}]' +
        '"usage_metadata":{"input_tokens":,"output_tokens":,"total_tokens":}"input_token_details":{"output_token_details":{' +
        '"response_metadata":{"model_name":"","finish_reason":"stop","additional_kwargs":{},"response_metadata":{}}}' +
        '"tool_calls":[],"invalid_tool_calls":[],"additional_kwargs":{},"response_metadata":{}{"messages":[' +
        '{"lc":1,"type":"constructor","id":["langchain_core","messages","HumanMessage"],"kwargs":{"id":"","content":"' +
        '{"lc":1,"type":"constructor","id":["langchain_core","messages","AIMessage"],"kwargs":{"content":"',
    ),
  ],
]);
const CURRENT = 1;

/** A text as it is, or deflated (RFC 1951) after the number of the dictionary, in base64; the other one is null. */
export type PackedText =
  | { readonly text: string; readonly packed: null }
  | { readonly text: null; readonly packed: string };

/** Packs a text that becomes shorter by at least a quarter. */
export function packText(text: string): PackedText {
  if (text.length < MIN_CHARACTERS) return { text, packed: null };
  const bytes = deflateRawSync(text, { dictionary: DICTIONARIES.get(CURRENT) });
  return bytes.length > text.length * 0.75
    ? { text, packed: null }
    : { text: null, packed: Buffer.concat([Buffer.of(CURRENT), bytes]).toString("base64") };
}

/** The text that was packed. Throws `StoreUnavailableError` when a newer version packed it. */
export function unpackText(packed: string): string {
  const bytes = Buffer.from(packed, "base64");
  const dictionary = DICTIONARIES.get(bytes[0] ?? 0);
  if (dictionary === undefined) {
    throw new StoreUnavailableError(
      "A newer version of @wflo/postgres packed a text here. Update @wflo/postgres.",
    );
  }
  return inflateRawSync(bytes.subarray(1), { dictionary }).toString("utf8");
}
