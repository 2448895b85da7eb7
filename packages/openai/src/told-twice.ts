import { usagesTold } from "./usages-told.ts";

const USAGE = '"usage"';
/** What an output token and a cached one cost in input tokens, at most models: 4 to 8, and a tenth to a half. */
const OUTPUT_WEIGHT = 5;
const CACHED_WEIGHT = 0.25;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The answer in a JSON text. JSON lets a field stand twice, and of two usages, as of a proxy that adds its own, the last would win:
 * the dearer one does instead. Undefined for what is no JSON.
 */
export function readAnswer(text: string): unknown {
  const answer = parse(text);
  if (typeof answer !== "object" || answer === null) return answer;
  if (text.indexOf(USAGE) === text.lastIndexOf(USAGE)) return answer;
  const told = usagesTold(text);
  const [most] = [(answer as Fields)["usage"], ...told].toSorted((a, b) => weight(b) - weight(a));
  return { ...answer, usage: most };
}

/** What a usage costs, in input tokens of an ordinary model. */
function weight(usage: unknown): number {
  const fields = fieldsOf(usage);
  if (fields === undefined) return -1;
  const input = countOf(fields["prompt_tokens"] ?? fields["input_tokens"]);
  const output = countOf(fields["completion_tokens"] ?? fields["output_tokens"]);
  const details = fieldsOf(fields["prompt_tokens_details"] ?? fields["input_tokens_details"]);
  const cached = Math.min(countOf(details?.["cached_tokens"]), input);
  // Thoughts may stand outside of the output.
  const beyond = Math.max(countOf(fields["total_tokens"]) - input, output);
  return input - cached * (1 - CACHED_WEIGHT) + beyond * OUTPUT_WEIGHT;
}

function countOf(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
