import type { BrokenAdapter } from "./broken-adapter.ts";
import { rawAdapter } from "./raw-adapter.ts";

/** Adapters that get wrong what happens while a request is sent. */
export const brokenWires: readonly BrokenAdapter[] = [
  {
    flaw: "takes the framework's time-out for its caller's wish",
    create: rawAdapter({ describe: (request) => ({ ...request, timedOut: undefined }) }),
    breaks: [
      "does not make the framework's own retry wait for what a timed-out request held",
      "does not make the framework's own retry wait for what a timed-out stream held",
    ],
  },
  {
    flaw: "takes what the transport pays for as its own request",
    create: rawAdapter({ atWire: (work) => work() }),
    breaks: [
      "charges a call that the transport makes while it sends, and the call it sends",
      "charges a call that the transport makes while it sends, and the stream it sends",
    ],
  },
];
