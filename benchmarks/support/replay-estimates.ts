import { createWflo, type CountTokens, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { startSimulator } from "@wflo/testkit/simulator";
import OpenAI from "openai";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { Recording } from "./recorded-requests.ts";
import { requestTokens, textTokens } from "./request-tokens.ts";

/** How a bound is made: with what was learned from the requests before or as if each were the first, counting texts or not. */
export interface Stage {
  readonly name: string;
  readonly learns: boolean;
  readonly counts: boolean;
}

/** The input tokens of one request: at most, by its receipt, and in truth. */
export interface Judged {
  readonly bound: number;
  readonly actual: number;
  readonly method: string;
  /** The whole bound, with its output. */
  readonly boundUsd: number;
}

/** So many times the bound of a request is left on its budget: too little for not counting its texts. */
const LEFT = 2;

/**
 * Sends recorded requests again, through the adapter and over HTTP, to a provider that bills them as a tokenizer counts them. Texts
 * are counted where money is short: for that the bounds by bytes are asked for.
 */
export async function replayEstimates(
  { requests }: Recording,
  { learns, counts }: Stage,
  byBytes: readonly Judged[] = [],
): Promise<readonly Judged[]> {
  const simulator = await startSimulator({
    reply: (request) => ({ text: "Yes.", inputTokens: requestTokens(request) }),
  });
  const judged: Judged[] = [];
  let wflo = createClient(counts);
  try {
    for (const [at, { body }] of requests.entries()) {
      if (!learns) {
        await wflo.close();
        wflo = createClient(counts);
      }
      const usd = byBytes[at]?.boundUsd;
      const budgets = counts && usd !== undefined ? [await budgetWith(wflo, usd * LEFT)] : [];
      const client = new OpenAI({ apiKey: "none", baseURL: simulator.url });
      const openai = wfloOpenAI(client, { wflo, provider: "openai", budgets });
      judged.push(await judge(wflo, openai, body as unknown as ChatCompletionCreateParamsNonStreaming));
    }
  } finally {
    await wflo.close();
    await simulator.close();
  }
  return judged;
}

function createClient(counts: boolean): Wflo {
  const countTokens: CountTokens = (text) => textTokens(text);
  return createWflo({ logger: false, ...(counts ? { countTokens } : {}) });
}

/** A budget with so much left. */
async function budgetWith(wflo: Wflo, leftUsd: number): Promise<string> {
  const id = "bench";
  const spent = Number((await wflo.budgets.get(id))?.windows[0]?.spent ?? 0);
  await wflo.budgets.set({ id, caps: { total: (spent + leftUsd).toFixed(9) } });
  return id;
}

async function judge(
  wflo: Wflo,
  openai: OpenAI,
  body: ChatCompletionCreateParamsNonStreaming,
): Promise<Judged> {
  let callId = "";
  const stop = wflo.on("call-start", (call) => void ({ callId } = call));
  await openai.chat.completions.create(body);
  stop();
  await wflo.flush();
  const [line] = await wflo.calls.get(callId);
  const { bound, boundInputTokens, usage, estimatedBy } = line?.receipt ?? {};
  const { inputTokens = Number.NaN } = (usage ?? {}) as { readonly inputTokens?: number };
  return {
    bound: Number(boundInputTokens),
    actual: inputTokens,
    method: String(estimatedBy),
    boundUsd: Number(bound),
  };
}
