import type { BrokenAdapter } from "./broken-adapter.ts";
import { dropOnError, enterWithoutEnd, inLots, streamUnguarded } from "./careless-doors.ts";
import { rawAdapter } from "./raw-adapter.ts";

/** Adapters that get streams wrong. */
export const brokenStreams: readonly BrokenAdapter[] = [
  {
    flaw: "never settles a stream that is broken off",
    create: rawAdapter({ enterStream: enterWithoutEnd }),
    breaks: [
      "reads on after a break, for the exact charge",
      "reads a stream that nobody reads, for the exact charge",
      "leaves no holds after many streams at once, however they end",
      "charges nothing for an error event before any content",
      "lets the reader of a stream go when it aborts, and charges the answer exactly",
      "reads on after the iterator was returned, for the exact charge",
      "reads on when the iterator was returned before its first piece",
      "lets the error of a consumer through, and reads on for the exact charge",
      "reads on when the client of a web response disconnects, for the exact charge",
      "closes the books of a long stream whose reader stands still, and gives it the rest later",
    ],
  },
  {
    flaw: "leaves streams alone",
    create: rawAdapter({ enterStream: streamUnguarded }),
    breaks: [
      "charges a stream through two wrappers once",
      "charges exactly what the provider counts, streamed",
      "throws a refusal of a stream before a byte is sent, and does not retry it",
      "cuts a stream whose budget is paused, and tells why in an error",
      "cuts a stream whose cap is lowered below what is held, and tells why in an error",
      "cuts a stream that passes its hold, and tells why in an error",
      "cuts a stream that passes the hold its caller set, and tells why in an error",
    ],
  },
  {
    flaw: "does not say how a stream is to be cut",
    create: rawAdapter({ describe: (request) => ({ ...request, onCut: undefined }) }),
    breaks: [
      "ends a stream whose budget is paused early and in order, when told to truncate",
      "ends a stream whose cap is lowered below what is held early and in order, when told to truncate",
      "ends a stream that passes its hold early and in order, when told to truncate",
      "ends a stream that passes the hold its caller set early and in order, when told to truncate",
    ],
  },
  {
    flaw: "does not tell how much of a stream has come in",
    create: rawAdapter({ meter: (meter) => ({ ...meter, output: () => undefined }) }),
    breaks: [
      "cuts a stream that passes its hold, and tells why in an error",
      "cuts a stream that passes the hold its caller set, and tells why in an error",
      "ends a stream that passes its hold early and in order, when told to truncate",
      "ends a stream that passes the hold its caller set early and in order, when told to truncate",
    ],
  },
  {
    flaw: "forgets what it has read when a stream fails",
    create: rawAdapter({ enterStream: dropOnError }),
    breaks: ['hands on what had come in before a stream was cut, with onCut: "error"'],
  },
  {
    flaw: "hands on full lots only",
    create: rawAdapter({ enterStream: inLots }),
    breaks: [
      'hands on what had come in before a stream was cut, with onCut: "error"',
      'hands on what had come in before a stream was cut, with onCut: "truncate"',
    ],
  },
  {
    flaw: "puts every call on every budget",
    create: rawAdapter({ describe: (request) => ({ ...request, budgets: ["user", "other"] }) }),
    breaks: ["cuts nothing else: other budgets, caps that still cover what is held"],
  },
  {
    flaw: "reads on although it was told to cancel",
    create: rawAdapter({ describe: (request) => ({ ...request, onAbort: "drain" }) }),
    breaks: [
      "stops a stream that is broken off when told to cancel, and charges no less than was made",
      "stops a stream that has not begun when told to cancel, at once",
      "charges an answer that was given up with cancel no less than the provider made of it",
    ],
  },
  {
    flaw: "takes half an answer for none",
    create: rawAdapter({
      judge: (outcome) => (outcome.kind === "cut" ? { ...outcome, kind: "rejected" } : outcome),
    }),
    breaks: [
      "charges a stream that the server cuts no less than it made, as an estimate",
      "charges a stream that fails after some content no less than it made",
      "stops a stream that is broken off when told to cancel, and charges no less than was made",
    ],
  },
  {
    flaw: "believes the last usage",
    create: rawAdapter({ pickUsage: (_before, later) => later }),
    breaks: ["charges the larger of two usages in one stream, the larger first"],
  },
  {
    flaw: "believes the first usage",
    create: rawAdapter({ pickUsage: (before) => before }),
    breaks: ["charges the larger of two usages in one stream, the smaller first"],
  },
];
