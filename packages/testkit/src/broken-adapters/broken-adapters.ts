import type { BrokenAdapter } from "./broken-adapter.ts";
import { brokenOutcomes } from "./broken-outcomes.ts";
import { brokenRequests } from "./broken-requests.ts";
import { brokenStreams } from "./broken-streams.ts";

/** Adapters that each get one thing wrong. */
export const brokenAdapters: readonly BrokenAdapter[] = [
  ...brokenRequests,
  ...brokenOutcomes,
  ...brokenStreams,
];
