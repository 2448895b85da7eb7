import type { Fields } from "./usage-of-response-fields.ts";

const INPUT = /^(?:prompt|input|cache|num_cached)/;
const OUTPUT = /^(?:completion|output|reasoning)/;

/**
 * Two tellings of one answer's usage as one. The later holds, field by field where it tells a field; but what was told of the input, or
 * of the output, and comes to less is no correction: of two counts of one answer the larger is charged.
 */
export function mergedUsage(known: Fields | undefined, told: Fields): Fields {
  if (known === undefined) return told;
  const merged: Record<string, unknown> = { ...known, ...told };
  const isLess = { input: totalOf(merged, INPUT_COUNTS) < totalOf(known, INPUT_COUNTS), output: false };
  isLess.output = totalOf(merged, OUTPUT_COUNTS) < totalOf(known, OUTPUT_COUNTS);
  for (const [name, value] of Object.entries(known)) {
    if ((isLess.input && INPUT.test(name)) || (isLess.output && OUTPUT.test(name))) merged[name] = value;
  }
  // A total of one telling is none of both.
  if (isLess.input !== isLess.output && "total_tokens" in merged) {
    merged["total_tokens"] = totalOf(merged, INPUT_COUNTS) + totalOf(merged, OUTPUT_COUNTS);
  }
  return merged;
}

const INPUT_COUNTS = [
  "prompt_tokens",
  "input_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
  "total_input_tokens",
];
const OUTPUT_COUNTS = ["completion_tokens", "output_tokens", "total_output_tokens"];

function totalOf(usage: Fields, names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const count = usage[name];
    return typeof count === "number" ? sum + count : sum;
  }, 0);
}
