import { getTokenizer } from "@anthropic-ai/tokenizer";
import { encode as cl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import llama2 from "llama-tokenizer-js";
import llama3 from "llama3-tokenizer-js";

const plain = { disallowedSpecial: new Set<string>() };
const claude = getTokenizer();

/** Tokens of a text by real tokenizers, to which nothing in it is a special token. Anthropic's is that of Claude 2, and reads NFKC. */
export const COUNT_TOKENS: Readonly<Record<string, (text: string) => number>> = {
  o200k: (text) => o200k(text, plain).length,
  cl100k: (text) => cl100k(text, plain).length,
  claude: (text) => claude.encode(text.normalize("NFKC"), [], []).length,
  "llama 2": (text) => llama2.encode(text).length,
  "llama 3": (text) => llama3.encode(text, { bos: false, eos: false }).length,
};
