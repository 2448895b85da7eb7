const USAGE = /"usage"\s*:\s*\{/g;
/** A usage is not longer than this. Characters. */
const MAX_USAGE = 16_384;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The answer in a JSON text. JSON lets a field stand twice, and of two usages, as of a proxy that adds its own, the last would win:
 * the one with more tokens does instead. Undefined for what is no JSON.
 */
export function readAnswer(text: string): unknown {
  const answer = parse(text);
  if (typeof answer !== "object" || answer === null) return answer;
  const places = [...text.matchAll(USAGE)];
  if (places.length < 2) return answer;
  const told = places.map(({ index, 0: { length } }) => objectAt(text, index + length - 1));
  const [most] = [(answer as Fields)["usage"], ...told].toSorted((a, b) => size(b) - size(a));
  return { ...answer, usage: most };
}

/** The JSON object that begins at an index. A brace within a text ends it early, and then it is none. */
function objectAt(text: string, start: number): unknown {
  const part = text.slice(start, start + MAX_USAGE);
  let depth = 0;
  for (let at = 0; at < part.length; at += 1) {
    if (part[at] === "{") depth += 1;
    if (part[at] === "}") depth -= 1;
    if (depth === 0) return parse(part.slice(0, at + 1));
  }
  return undefined;
}

function size(usage: unknown): number {
  if (typeof usage !== "object" || usage === null) return -1;
  const { prompt_tokens, completion_tokens, input_tokens, output_tokens } = usage as Fields;
  const counts = [prompt_tokens, completion_tokens, input_tokens, output_tokens];
  return counts.reduce((sum: number, count) => sum + (typeof count === "number" ? count : 0), 0);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
