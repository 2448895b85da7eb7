import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashPoint } from "@wflo/core";
import type { Players } from "./players.ts";
import type { Random } from "./random.ts";
import type { WorkerTask } from "./worker-process.ts";
import { WorkerProcess } from "./worker-process.ts";

/** Where processes are killed, each in its turn. */
const CRASH_POINTS: readonly CrashPoint[] = [
  "before-reserve",
  "after-reserve",
  "after-answer",
  "before-settle",
];

const ONE_KILL_IN_MS = 4_000;
const LOOKS_EVERY_MS = 50;
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
  /** To start a process takes seconds of a processor: one stands by. */
  #spare: WorkerProcess | undefined;
  #killsToCome = 0;
  #isOver = false;

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

  async prepare(): Promise<void> {
    const members = Array.from({ length: this.#options.processes + 1 }, () => this.#startOne());
    await Promise.all(members.map(({ ready }) => ready));
    this.#spare = members.pop();
  }

  start(): void {
    for (const member of this.#members) if (member !== this.#spare) member.play();
  }

  async killInTurn(playMs: number, signal: AbortSignal): Promise<void> {
    const kills = Math.max(CRASH_POINTS.length, Math.floor(playMs / ONE_KILL_IN_MS));
    for (let kill = 0; kill < kills; kill += 1) {
      this.#killsToCome = kills - kill - 1;
      await sleep(playMs / (kills + 2), undefined, { signal }).catch(() => {});
      const point = CRASH_POINTS[kill % CRASH_POINTS.length] ?? "before-settle";
      await this.#killOne(point, signal);
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#members.map((member) => member.stop(STOPS_WITHIN_MS)));
  }

  async kill(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#members.map((member) => member.kill()));
  }

  /** Has one process kill itself at a point of a call; one of those that play, as soon as there is one. */
  async #killOne(point: CrashPoint, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const playing = this.#members.filter((member) => member.isAlive && member.isPlaying && !member.fate);
      if (playing.length > 0) return this.#options.random.pick(playing).dieAt(point);
      await sleep(LOOKS_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  #startOne(): WorkerProcess {
    const { task, folder, random } = this.#options;
    const logFile = join(folder, `${this.#members.length}.log`);
    const member = new WorkerProcess({ ...task, logFile, seed: random.between(1, 1_000_000) });
    this.#members.push(member);
    void member.end.then((wrong) => {
      if (wrong !== undefined) this.errors.push(wrong);
      else if (!this.#isOver) void this.#replace();
    });
    return member;
  }

  async #replace(): Promise<void> {
    const member = this.#spare ?? this.#startOne();
    this.#spare = this.#killsToCome > 0 ? this.#startOne() : undefined;
    await member.ready;
    if (!this.#isOver) member.play();
  }
}
