import { createWflo } from "@wflo/core";
import { SAMPLE_TEXTS } from "@wflo/testkit";
import { COUNT_TOKENS } from "./count-tokens.ts";

const LEAST_BYTES = 4_000;
/** Whose input costs $1 a million tokens and whose output is free, so that a bound in dollars tells its tokens. */
const PRICE = { input: "1", output: "0", contextWindow: 1_000_000, maxOutputTokens: 10 };

/** How far the bound of a text of some KB is above its tokens by each tokenizer: a row for each kind of text. */
export interface TextBound {
  readonly kind: string;
  readonly ratios: readonly number[];
}

/** The tokenizers, in the order of the ratios. */
export const TOKENIZERS: readonly string[] = Object.keys(COUNT_TOKENS);

/** Bounds each text by the door, and counts it by each tokenizer. */
export async function boundTexts(): Promise<readonly TextBound[]> {
  const wflo = createWflo({ logger: false, prices: { "acme/m": PRICE } });
  let tokens = 0;
  wflo.on("call-start", ({ bound }) => void (tokens = Math.round(Number(bound) * 1e6)));
  const rows: TextBound[] = [];
  for (const [kind, text] of Object.entries(SAMPLE_TEXTS)) {
    const long = text.repeat(Math.ceil(LEAST_BYTES / new TextEncoder().encode(text).length));
    await wflo.guardCall({ provider: "acme", model: "m", parts: [long] }, async () => ({
      value: 0,
      outcome: { kind: "rejected", reason: "only asked" },
    }));
    rows.push({ kind, ratios: Object.values(COUNT_TOKENS).map((count) => tokens / count(long)) });
  }
  await wflo.close();
  return rows;
}
