import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashPoint } from "@wflo/core";
import type { Players } from "./players.ts";
import type { Random } from "./random.ts";
import type { WorkerTask } from "./worker-message.ts";
import { WorkerProcess } from "./worker-process.ts";

/** Where processes are killed, each in its turn. */
const CRASH_POINTS: readonly CrashPoint[] = [
  "before-reserve",
  "after-reserve",
  "after-answer",
  "before-settle",
];

const ONE_KILL_IN_MS = 2_000;
/** A process in whose time no call passes a point is left alone again. */
const PASSES_WITHIN_MS = 5_000;
const STOPS_WITHIN_MS = 30_000;

interface CrewOptions {
  readonly task: Omit<WorkerTask, "logFile" | "seed">;
  readonly processes: number;
  readonly folder: string;
  readonly random: Random;
}

/** The worker processes of a play, and those that came in the place of killed ones. */
export class Crew implements Players {
  readonly #options: CrewOptions;
  readonly #members: WorkerProcess[] = [];
  readonly errors: string[] = [];

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  get logs(): Players["logs"] {
    return this.#members.map(({ logFile, isKilled }) => ({ file: logFile, isKilled }));
  }

  get killed(): Players["killed"] {
    const dead = this.#members.filter(({ isKilled }) => isKilled);
    const counts = CRASH_POINTS.map((at) => [at, dead.filter(({ fate }) => fate === at).length]);
    return Object.fromEntries(counts) as Record<CrashPoint, number>;
  }

  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.processes }, () => this.#startOne()));
  }

  async killInTurn(playMs: number, signal: AbortSignal): Promise<void> {
    const kills = Math.max(CRASH_POINTS.length, Math.floor(playMs / ONE_KILL_IN_MS));
    for (let kill = 0; kill < kills && !signal.aborted; kill += 1) {
      const point = CRASH_POINTS[kill % CRASH_POINTS.length] ?? "before-settle";
      await sleep(playMs / (kills + 2), undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.#killOne(point, signal);
    }
  }

  async stop(): Promise<void> {
    const alive = this.#members.filter((member) => member.isAlive);
    await Promise.all(alive.map((member) => member.stop(STOPS_WITHIN_MS)));
  }

  async kill(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()));
  }

  /** Has one process kill itself at a point of a call, and starts another in its place. */
  async #killOne(point: CrashPoint, signal: AbortSignal): Promise<void> {
    const alive = this.#members.filter(
      (member) => member.isAlive && member.isReady && member.fate === undefined,
    );
    if (alive.length === 0) return;
    const member = this.#options.random.pick(alive);
    member.dieAt(point);
    const gone = new AbortController();
    const patience = AbortSignal.any([signal, gone.signal]);
    const waited = sleep(PASSES_WITHIN_MS, undefined, { signal: patience }).catch(() => {});
    await Promise.race([member.end, waited]);
    gone.abort();
    if (!member.isAlive && !signal.aborted) void this.#startOne();
  }

  #startOne(): Promise<void> {
    const { task, folder, random } = this.#options;
    const logFile = join(folder, `${this.#members.length}.log`);
    const member = new WorkerProcess({ ...task, logFile, seed: random.between(1, 1_000_000) });
    this.#members.push(member);
    void member.end.then((wrong) => wrong !== undefined && this.errors.push(wrong));
    return member.ready;
  }
}
