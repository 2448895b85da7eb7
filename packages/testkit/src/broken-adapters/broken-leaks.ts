import type { BrokenAdapter } from "./broken-adapter.ts";
import { rawAdapter } from "./raw-adapter.ts";
import { careful } from "./raw-seams.ts";

const kept: unknown[] = [];

/** Adapters that a process does not survive for months. */
export const brokenLeaks: readonly BrokenAdapter[] = [
  {
    flaw: "listens to its caller's signal for ever",
    create: rawAdapter({
      signalFor(grant, { signal }) {
        signal?.addEventListener("abort", () => grant.callId, { once: true });
        return grant.signal;
      },
    }),
    breaks: ["lets go of a signal that lives on when its calls and streams are over"],
  },
  {
    flaw: "keeps all that it has read of streams",
    create: rawAdapter({
      meter: (meter) => ({
        ...meter,
        read(event) {
          kept.push(event);
          return meter.read(event);
        },
      }),
    }),
    breaks: ["keeps nothing of the streams that it has read"],
  },
  {
    flaw: "keeps all its answers",
    create: rawAdapter({
      async enter(...call) {
        const text = await careful.enter(...call);
        kept.push(text);
        return text;
      },
    }),
    breaks: ["keeps nothing of the answers that it has read"],
  },
];
