import type { BrokenAdapter } from "./broken-adapter.ts";
import { refundOnAbort } from "./careless-doors.ts";
import { rawAdapter } from "./raw-adapter.ts";
import { careful } from "./raw-seams.ts";
import { RawHttpError } from "./raw-wire.ts";

const statusOf = (error: unknown): number => (error instanceof RawHttpError ? error.status : 0);

const nothing = { inputTokens: 0, outputTokens: 0 };

/** Adapters that get wrong what an answer, or none, has cost. */
export const brokenOutcomes: readonly BrokenAdapter[] = [
  {
    flaw: "takes missing usage for none",
    create: rawAdapter({
      judge: (outcome) =>
        outcome.kind === "answered" ? { ...outcome, usage: outcome.usage ?? nothing } : outcome,
    }),
    breaks: [
      "charges an answer without usage at its hold, and refuses the next",
      "charges a stream without usage at its hold",
    ],
  },
  {
    flaw: "does not look at the usage",
    create: rawAdapter({ judge: () => ({ kind: "answered", usage: nothing }) }),
    breaks: [
      "charges exactly what the provider counts, in one piece",
      "charges exactly what the provider counts, streamed",
      "charges a stream that the server cuts no less than it made, as an estimate",
      "charges a stream that fails after some content no less than it made",
    ],
  },
  {
    flaw: "does not look at which model answered",
    create: rawAdapter({
      judge: (outcome) => (outcome.kind === "answered" ? { ...outcome, model: undefined } : outcome),
    }),
    breaks: [
      "charges the prices of the model that a proxy put in its place",
      "charges the prices of the model that a proxy put in its place, streamed",
    ],
  },
  {
    flaw: "trusts no answer of a model that it did not ask for",
    create: rawAdapter({
      judge: (outcome) =>
        outcome.kind === "answered" && outcome.model !== "gpt-4.1-nano"
          ? { kind: "doubt", reason: "another model" }
          : outcome,
    }),
    breaks: [
      "charges the prices of the model asked for when the answer names one that nobody knows",
      "charges the prices of the model that a proxy put in its place",
    ],
  },
  {
    flaw: "hides why a request failed",
    create: rawAdapter({
      onFailure: () => {
        throw new Error("It did not work.");
      },
    }),
    breaks: [
      "charges nothing where nobody takes the connection",
      "charges nothing for an answer by which a provider refuses, whatever its status",
    ],
  },
  {
    flaw: "takes refusals that are rare for calls in doubt",
    create: rawAdapter({
      onFailure: (error) => {
        if ([402, 409, 422, 529].includes(statusOf(error))) return { kind: "doubt", reason: "a rare one" };
        throw error;
      },
    }),
    breaks: ["charges nothing for an answer by which a provider refuses, whatever its status"],
  },
  {
    flaw: "knows one of the statuses of a time-out",
    create: rawAdapter({
      onFailure: (error) => {
        if ([408, 524].includes(statusOf(error))) return { kind: "rejected", reason: "no answer" };
        throw error;
      },
    }),
    breaks: ["takes a gateway's time-out for a call in doubt, and charges its hold"],
  },
  {
    flaw: "takes silence for a refusal",
    create: rawAdapter({ onFailure: () => ({ kind: "rejected", reason: "no answer" }) }),
    breaks: [
      "takes a gateway's time-out for a call in doubt, and charges its hold",
      "takes a connection that broke before the answer for a call in doubt",
      "charges an answer that nobody can read at its hold",
      "lists a request that was swallowed as in doubt, holds nothing for it any more, and has it resolved by hand",
      "lists a stream that was swallowed as in doubt, and has it resolved by hand",
    ],
  },
  {
    flaw: "shows the whole request where one fails",
    create: rawAdapter({
      onFailure: (_error, request) => ({ kind: "doubt", reason: `no answer to ${JSON.stringify(request)}` }),
    }),
    breaks: ["tells no prompt, no answer and no key in events, logs, receipts and refusals"],
  },
  {
    flaw: "thinks aloud on the console",
    create: rawAdapter({
      write(body, grant) {
        console.debug("sending", body);
        return careful.write(body, grant);
      },
    }),
    breaks: ["tells no prompt, no answer and no key in events, logs, receipts and refusals"],
  },
  {
    flaw: "gives money back when its caller aborts",
    create: rawAdapter({ enter: refundOnAbort }),
    breaks: ["takes no notice of an abort after the end"],
  },
  {
    flaw: "counts all native retries as one call",
    create: rawAdapter({ retries: "inside" }),
    breaks: ["charges each native retry as a call of its own, and a refused one nothing"],
  },
];
