import type { BrokenAdapter } from "./broken-adapter.ts";
import { brokenBounds } from "./broken-bounds.ts";
import { brokenLeaks } from "./broken-leaks.ts";
import { brokenOutcomes } from "./broken-outcomes.ts";
import { brokenRates } from "./broken-rates.ts";
import { brokenRequests } from "./broken-requests.ts";
import { brokenStreams } from "./broken-streams.ts";
import { brokenWires } from "./broken-wires.ts";

/** Adapters that each get one thing wrong. */
export const brokenAdapters: readonly BrokenAdapter[] = [
  ...brokenRequests,
  ...brokenOutcomes,
  ...brokenStreams,
  ...brokenRates,
  ...brokenBounds,
  ...brokenWires,
  ...brokenLeaks,
];
