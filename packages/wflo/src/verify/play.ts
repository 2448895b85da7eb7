import { setTimeout as sleep } from "node:timers/promises";
import { createWflo, type CrashPoint } from "@wflo/core";
import { type CapFindings, CapWatch } from "./cap-watch.ts";
import type { Ground } from "./ground.ts";
import { bringToEnd, type LedgerEnd } from "./ledger-end.ts";
import { placeMidnights } from "./midnight.ts";
import { PLAY_PRICES } from "./far-side.ts";
import { Random } from "./random.ts";
import { Stir, type Stirred } from "./stir.ts";
import { readTold, type Told } from "./told.ts";

/** How far a play has come. */
export interface PlayProgress {
  /** On which database. */
  readonly place: string;
  readonly playedMs: number;
  readonly killed: Readonly<Record<CrashPoint, number>>;
}

/** All that a play left to be judged. */
export interface PlayResult {
  /** How long callers called. */
  readonly playedMs: number;
  readonly told: Told;
  readonly end: LedgerEnd;
  readonly caps: CapFindings;
  readonly stirred: Stirred;
  readonly killed: Readonly<Record<CrashPoint, number>>;
  readonly deadlocks: number | undefined;
  /** Why no midnight fell into the play; undefined when one did. */
  readonly noMidnight: string | undefined;
  /** What went wrong with processes. */
  readonly processErrors: readonly string[];
}

interface PlayOptions {
  readonly ground: Ground;
  readonly tenant: string;
  readonly seed: number;
  readonly playMs: number;
  /** Ends it early; then it throws the reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PlayProgress) => void;
}

const PROGRESS_EVERY_MS = 500;
/** So that parent and workers do not draw the same numbers. */
const OTHER_SEED = 7_919;

/** Lets everybody play for the time given, brings the ledger to an end, and gathers what there is to judge. */
export async function play(options: PlayOptions): Promise<PlayResult> {
  const { ground, tenant, playMs, signal } = options;
  const { database, books, players } = ground;
  const wflo = createWflo({ database, tenant, prices: PLAY_PRICES, logger: false });
  const random = new Random(options.seed + OTHER_SEED);
  const watch = new CapWatch();
  const stir = new Stir({ wflo, database, books, watch, random });
  await stir.begin();
  const deadlocks = await books.deadlocks();
  signal.addEventListener("abort", () => void players.kill(), { once: true });
  await players.prepare();
  const noMidnight = await placeMidnights({ wflo, ledger: database.ledger, books, playMs });
  players.start();
  const startedMs = performance.now();
  await playOn(options, stir);
  const playedMs = performance.now() - startedMs;
  signal.throwIfAborted();
  await players.stop();
  await books.workersGone();
  watch.judge(await books.windows());
  const deadlocksAfter = await books.deadlocks();
  const end = await bringToEnd({ books, stir, random });
  return {
    playedMs,
    told: readTold(players.logs),
    end,
    caps: watch.findings,
    stirred: stir.stirred,
    killed: players.killed,
    deadlocks:
      deadlocks === undefined || deadlocksAfter === undefined ? undefined : deadlocksAfter - deadlocks,
    noMidnight,
    processErrors: players.errors,
  };
}

/** Stirs, kills and tells until the time is over; when one of these fails, all end. */
async function playOn({ ground, playMs, signal, onProgress }: PlayOptions, stir: Stir): Promise<void> {
  const failed = new AbortController();
  const isOver = AbortSignal.any([signal, failed.signal, AbortSignal.timeout(playMs)]);
  const startedMs = performance.now();
  const tell = async (): Promise<void> => {
    while (!isOver.aborted) {
      const { place, players } = ground;
      onProgress({ place, playedMs: performance.now() - startedMs, killed: players.killed });
      await sleep(PROGRESS_EVERY_MS, undefined, { signal: isOver }).catch(() => {});
    }
  };
  try {
    await Promise.all([stir.until(isOver), ground.players.killInTurn(playMs, isOver), tell()]);
  } finally {
    failed.abort();
  }
}
