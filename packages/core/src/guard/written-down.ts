import type { DoorSettings } from "./door-settings.ts";

const FLUSH_MS = 30_000;

/** Resolves when the ledger has acknowledged a settlement, or after 30 s: the outbox goes on trying. Never rejects. */
export async function writtenDown({ outbox, log }: DoorSettings, acknowledged: Promise<void>): Promise<void> {
  await outbox
    .until([acknowledged], FLUSH_MS)
    .catch((error: unknown) => log.error("wflo: a settle is late.", { error }));
}

/** Asks the host to stay awake until then. False where there is nobody to ask, or it fails. */
export function keepAwake(door: DoorSettings, work: () => Promise<void>): boolean {
  if (!door.waitUntil) return false;
  try {
    door.waitUntil(work());
    return true;
  } catch (error) {
    const message = "wflo: waitUntil threw; was it passed without its object? The settle is awaited.";
    door.log.error(message, { error });
    return false;
  }
}
