import {
  createWflo,
  type GuardRequest,
  type Outcome,
  type Usage,
  type Wflo,
  type WfloOptions,
} from "@wflo/core";

/** A model whose input costs $1 a million tokens and whose output is free, so that a bound in dollars tells its tokens. */
export const METERED = { provider: "acme", model: "m" } as const;
export const CONTEXT_WINDOW = 1_000_000;
/** What a request may take beside its bytes. */
export const OVERHEAD = 512;
/** The same where no answer told of what Anthropic adds for tools. */
export const overheadOf = (model: string): number => (model.includes("claude") ? 1_024 : OVERHEAD);

const price = { input: "1", output: "0", contextWindow: CONTEXT_WINDOW, maxOutputTokens: 10 };

/** How an answer ended, beside its usage. */
export type Answered = Partial<Omit<Extract<Outcome, { kind: "answered" }>, "kind" | "usage">>;

/** A client whose calls tell how many input tokens they were bounded by. */
export interface Bounds {
  readonly wflo: Wflo;
  /** The bound of a request that is answered with this usage, or not at all. */
  readonly of: (request: Partial<GuardRequest>, usage?: Usage, answered?: Answered) => Promise<number>;
}

/** Makes such a client, which also knows the model `acme/other`, and `acme/unsized` without a context window. */
export function bounds(options: WfloOptions = {}): Bounds {
  const { contextWindow: _, ...unsized } = price;
  const prices = { "acme/m": price, "acme/other": price, "umbrella/m": price, "acme/unsized": unsized };
  const wflo = createWflo({ logger: false, ...options, prices: { ...prices, ...options.prices } });
  const told = new Map<string, string>();
  wflo.on("call-start", ({ callId, bound }) => void told.set(callId, bound));
  return {
    wflo,
    of: (request, usage, answered) =>
      wflo.guardCall({ ...METERED, parts: [], ...request }, async ({ callId }) => {
        const value = Math.round(Number(told.get(callId)) * 1_000_000);
        if (usage === undefined) return { value, outcome: { kind: "rejected", reason: "only asked" } };
        return { value, outcome: { kind: "answered", usage, ...answered } };
      }),
  };
}

/** Usage of so many input tokens. */
export const took = (inputTokens: number, outputTokens = 0): Usage => ({ inputTokens, outputTokens });

/** A text of so many bytes. */
export const sized = (bytes: number, letter = "x"): string => letter.repeat(bytes);
