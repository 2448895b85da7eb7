import type { BrokenAdapter } from "./broken-adapter.ts";
import { rawAdapter } from "./raw-adapter.ts";

/** Adapters that know how many tokens there were, and not of what kind. */
export const brokenRates: readonly BrokenAdapter[] = [
  {
    flaw: "does not look at which service tier answered",
    create: rawAdapter({
      judge: (outcome) => (outcome.kind === "answered" ? { ...outcome, serviceTier: undefined } : outcome),
    }),
    breaks: [
      "charges the price of the service tier that served the answer, in one piece",
      "charges the price of the service tier that served the answer, streamed",
      "takes no service tier without a price for the list price, in one piece",
      "takes no service tier without a price for the list price, streamed",
    ],
  },
  {
    flaw: "takes all tokens for plain ones",
    create: rawAdapter({
      judge: (outcome) => {
        if (outcome.kind !== "answered" || !outcome.usage) return outcome;
        const { inputTokens, outputTokens } = outcome.usage;
        return { ...outcome, usage: { inputTokens, outputTokens } };
      },
    }),
    breaks: [
      "charges cached, written and heard tokens at prices of their own, and tells thoughts, in one piece",
      "charges cached, written and heard tokens at prices of their own, and tells thoughts, streamed",
      "charges exactly what the provider counts, in one piece",
    ],
  },
  {
    flaw: "does not tell how much was thought",
    create: rawAdapter({
      judge: (outcome) => {
        if (outcome.kind !== "answered" || !outcome.usage) return outcome;
        const { reasoningTokens: _, ...usage } = outcome.usage;
        return { ...outcome, usage };
      },
    }),
    breaks: [
      "charges cached, written and heard tokens at prices of their own, and tells thoughts, in one piece",
      "charges cached, written and heard tokens at prices of their own, and tells thoughts, streamed",
    ],
  },
  {
    flaw: "says of every model that it shows all it makes",
    create: rawAdapter({ describe: (request) => ({ ...request, reasoning: false }) }),
    breaks: [
      "charges thoughts that nobody saw when a stream is broken off with cancel",
      "charges thoughts that nobody saw when a stream is aborted while they are thought",
    ],
  },
];
