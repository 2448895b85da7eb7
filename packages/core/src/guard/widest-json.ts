/**
 * JSON whose bytes bound its tokens however a provider writes it out for its model: with spaces as Python does, with indents as the
 * template of Llama 3.1 does, or as types of TypeScript as OpenAI does. A list of numbers in compact JSON has 2 bytes for each, and
 * 3 or 4 tokens in those; with line breaks and indents of one it has 4 bytes and more. Undefined for what is no JSON.
 */
export function widestJson(value: unknown): string | undefined {
  return JSON.stringify(value, undefined, 1);
}
