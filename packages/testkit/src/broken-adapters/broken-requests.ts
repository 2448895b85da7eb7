import { WfloError, type GuardRequest } from "@wflo/core";
import type { BrokenAdapter } from "./broken-adapter.ts";
import { enterTwice, forgetful } from "./careless-doors.ts";
import { rawAdapter } from "./raw-adapter.ts";

const free = (request: GuardRequest): GuardRequest => ({ ...request, hold: 0 });

/** Adapters that get wrong what is asked for, for whom, and with which money. */
export const brokenRequests: readonly BrokenAdapter[] = [
  {
    flaw: "takes a refusal for a bad connection and tries again",
    create: rawAdapter({ isRetryable: (error) => WfloError.isInstance(error) }),
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
      "leaves the caller's own output cap as it is when it may lower it and need not",
    ],
  },
  {
    flaw: "writes the output cap into a field that nobody reads",
    create: rawAdapter({ write: (body, grant) => ({ ...body, max_output: grant.maxOutputTokens }) }),
    breaks: [
      "caps the output in a field that the provider honours when money is short",
      "caps the output of a stream when money is short",
      "shows the output cap that it wrote on the event and on the receipt",
      "shows the output cap that it wrote for a stream on the event and on the receipt",
    ],
  },
  {
    flaw: "never lowers the caller's own output cap",
    create: rawAdapter({ describe: (request) => ({ ...request, clamp: false }) }),
    breaks: ["lowers the caller's own output cap when it may"],
  },
  {
    flaw: "holds nothing before it sends",
    create: rawAdapter({ describe: free }),
    breaks: [
      "never passes the cap with 50 calls at once, and lets all through that fit",
      "refuses a model without a price, before a byte is sent",
      "throws a refusal for want of money before a byte is sent, and does not retry it",
      "refuses every call under a budget without money, until it has some",
      "refuses the agent whose money is gone, while the run around it goes on",
      "refuses a request that alone is more than the cap, and says what to do",
    ],
  },
  {
    flaw: "knows nothing of the caller's abort",
    create: rawAdapter({ describe: (request) => ({ ...request, signal: undefined }) }),
    breaks: [
      "sends nothing when it was aborted before",
      "lets the caller go when it aborts, and charges the answer exactly behind its back",
      "lets the reader of a stream go when it aborts, and charges the answer exactly",
      "opens no stream when it was aborted before",
      "lets the caller of a stream go that has not begun, and charges it exactly",
    ],
  },
  {
    flaw: "hands the caller's signal to the wire",
    create: rawAdapter({ signalFor: (grant, { signal }) => signal ?? grant.signal }),
    breaks: [
      "lets the caller go when it aborts, and charges the answer exactly behind its back",
      "lets the reader of a stream go when it aborts, and charges the answer exactly",
      "lets the caller of a stream go that has not begun, and charges it exactly",
    ],
  },
  {
    flaw: "forgets where it is called",
    create: forgetful,
    breaks: [
      "attributes calls inside a run to the run, its step and its agent, and to its budget",
      "attributes a stream to where it was asked for, whoever reads it",
      "charges a call inside a tracked function once",
      "charges a stream inside a tracked function once",
      "charges a tool and the model that it calls, each once",
      "charges an agent that works inside a tool to its own name",
      "charges calls at once inside an outer call each by itself, and the outer one not at all",
      "does not wait for what a tool around it holds: it is refused at once",
      "comes to an end where an outer call holds all the money there is",
      "refuses the agent whose money is gone, while the run around it goes on",
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
];
