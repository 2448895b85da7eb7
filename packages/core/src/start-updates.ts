import { hostFiles } from "./host/host-files.ts";
import type { Clock } from "./ports/clock.ts";
import { PriceUpdates } from "./pricing/price-updates.ts";
import type { Catalogue } from "./pricing/rates/catalogue.ts";
import type { PriceUpdate } from "./pricing/rates/price-options.ts";
import type { Emitter } from "./telemetry/emitter.ts";
import type { Logger } from "./telemetry/log.ts";

/** Starts looking for newer prices, and tells what came of it. */
export function startUpdates(means: {
  readonly update: PriceUpdate;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emitter: Emitter;
}): PriceUpdates {
  const { update, catalogue, clock, log, emitter } = means;
  const updates = new PriceUpdates({
    update,
    catalogue,
    clock,
    files: hostFiles(),
    onUpdated: (list) => emitter.emit("prices-updated", list),
    onTrouble(error) {
      log.warn(`wflo: newer prices could not be had or kept. ${String(error)}`);
      emitter.emit("trouble", { what: "prices", error });
    },
  });
  updates.start();
  return updates;
}
