import { AsyncLocalStorage } from "node:async_hooks";
import type { GuardRequest } from "@wflo/core";
import type { AdapterSetup, CreateAdapter } from "../suites/adapter-case.ts";
import { isRefusal, rawAdapter, type Enter, type EnterStream } from "./raw-adapter.ts";

/** An adapter with one flaw, and the promises that it breaks for certain. */
export interface BrokenAdapter {
  readonly flaw: string;
  readonly create: CreateAdapter;
  /** Titles of cases; others may fail as well. */
  readonly breaks: readonly string[];
}

/** Answers are gone when their reader is, and so is the charge: the guard waits for an end that never comes. */
const enterWithoutEnd: EnterStream = (setup, request, send) =>
  new Promise<AsyncIterable<string>>((resolve, reject) => {
    const guarded = setup.wflo.guardCall(request, async (grant) => {
      const { chunks, meter } = await send(grant);
      const over = Promise.withResolvers<void>();
      const read = async function* () {
        for await (const chunk of chunks) yield chunk;
        over.resolve();
      };
      resolve(read());
      await over.promise;
      return { value: undefined, outcome: meter.outcome(true) };
    });
    guarded.catch(reject);
  });

/** Two wrappers that do not know of each other. */
const enterTwice: Enter = async (setup, request, send) => {
  let value = "";
  for (let layer = 0; layer < setup.layers; layer += 1) {
    value = await setup.wflo.guardCall(request, async (grant) => {
      const answer = await send(grant);
      return answer;
    });
  }
  return value;
};

/** Streams are not guarded at all. */
const streamUnguarded: EnterStream = async (_setup, _request, send) => {
  const { chunks } = await send({
    callId: "",
    maxOutputTokens: undefined,
    signal: new AbortController().signal,
  });
  return chunks;
};

const free = (request: GuardRequest): GuardRequest => ({ ...request, hold: 0 });
const nothing = { inputTokens: 0, outputTokens: 0 };

/** Calls are made where the adapter was made, not where it is used. */
const forgetful: CreateAdapter = async (url, setup: AdapterSetup) => {
  const inPlace = AsyncLocalStorage.snapshot();
  const adapter = await rawAdapter()(url, setup);
  return {
    text: (...call) => inPlace(() => adapter.text(...call)),
    stream: async (...call) =>
      inPlace(() => adapter.stream?.(...call) ?? Promise.reject(new Error("no stream"))),
  };
};

/** Adapters that each get one thing wrong. */
export const brokenAdapters: readonly BrokenAdapter[] = [
  {
    flaw: "never settles a stream that is broken off",
    create: rawAdapter({ enterStream: enterWithoutEnd }),
    breaks: [
      "reads on after a break, for the exact charge",
      "reads a stream that nobody reads, for the exact charge",
      "leaves no holds after many streams at once, however they end",
      "charges nothing for an error event before any content",
      "lets the reader of a stream go when it aborts, and charges the answer exactly",
    ],
  },
  {
    flaw: "counts all native retries as one call",
    create: rawAdapter({ retries: "inside" }),
    breaks: ["charges each native retry as a call of its own, and a refused one nothing"],
  },
  {
    flaw: "takes a refusal for a bad connection and tries again",
    create: rawAdapter({ isRetryable: isRefusal }),
    breaks: [
      "throws a refusal for want of money before a byte is sent, and does not retry it",
      "throws a refusal of a stream before a byte is sent, and does not retry it",
      "charges each native retry as a call of its own, and a refused one nothing",
    ],
  },
  {
    flaw: "writes an output cap always",
    create: rawAdapter({
      write: (body, grant) => ({ ...body, max_completion_tokens: grant.maxOutputTokens ?? 4_096 }),
    }),
    breaks: [
      "leaves the request as it is while money is plentiful",
      "leaves a streamed request as it is while money is plentiful, but for asking for usage",
      "keeps the caller's own output cap, and refuses rather than lower it",
    ],
  },
  {
    flaw: "writes the output cap into a field that nobody reads",
    create: rawAdapter({ write: (body, grant) => ({ ...body, max_output: grant.maxOutputTokens }) }),
    breaks: [
      "caps the output in a field that the provider honours when money is short",
      "caps the output of a stream when money is short",
    ],
  },
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
      "charges a stream that the server cuts at its hold, as an estimate",
    ],
  },
  {
    flaw: "holds nothing before it sends",
    create: rawAdapter({ describe: free }),
    breaks: [
      "never passes the cap with 50 calls at once, and lets all through that fit",
      "refuses a model without a price, before a byte is sent",
      "throws a refusal for want of money before a byte is sent, and does not retry it",
    ],
  },
  {
    flaw: "knows nothing of the caller's abort",
    create: rawAdapter({ describe: (request) => ({ ...request, signal: undefined }) }),
    breaks: [
      "sends nothing when it was aborted before",
      "lets the caller go when it aborts, and charges the answer exactly behind its back",
      "lets the reader of a stream go when it aborts, and charges the answer exactly",
    ],
  },
  {
    flaw: "hands the caller's signal to the wire",
    create: rawAdapter({ signalFor: (grant, { signal }) => signal ?? grant.signal }),
    breaks: [
      "lets the caller go when it aborts, and charges the answer exactly behind its back",
      "lets the reader of a stream go when it aborts, and charges the answer exactly",
    ],
  },
  {
    flaw: "forgets where it is called",
    create: forgetful,
    breaks: [
      "attributes calls inside a run to the run, its step and its agent, and to its budget",
      "attributes a stream to where it was asked for, whoever reads it",
    ],
  },
  {
    flaw: "drops its agent",
    create: rawAdapter({ describe: (request) => ({ ...request, agent: undefined }) }),
    breaks: ["attributes calls of a named wrapper to its agent"],
  },
  {
    flaw: "pays once for each wrapper",
    create: rawAdapter({ enter: enterTwice }),
    breaks: ["charges a call through two wrappers once"],
  },
  {
    flaw: "leaves streams alone",
    create: rawAdapter({ enterStream: streamUnguarded }),
    breaks: [
      "charges a stream through two wrappers once",
      "charges exactly what the provider counts, streamed",
      "throws a refusal of a stream before a byte is sent, and does not retry it",
    ],
  },
];
