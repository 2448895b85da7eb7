import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@wflo/core";
import type { Death } from "./child.ts";
import { endOf, type KillCrew, type KillEnd, workOver } from "./kill-crew.ts";
import { readKillLog } from "./kill-log.ts";
import type { KillOrder } from "./kill-worker.ts";
import type { Random } from "./random.ts";

/** The tenant that a client without one has. */
const TENANT = "default";
/** Share of the deaths that fall upon a process that was just started, not upon one that waited. */
const COLD_SHARE = 0.1;
/** A run that is not over by then never will be. */
const MAX_ROUNDS = 100;

/** What all runs of the benchmark share. */
export interface KillGround {
  readonly database: Database;
  readonly crew: KillCrew;
  readonly folder: string;
  readonly random: Random;
  /** What a run takes from its order to its end, and a process until it is ready. Milliseconds. */
  readonly lifeMs: number;
  readonly startMs: number;
  /** Counted down by all runs. */
  readonly left: { kills: number; duels: number };
}

/** One death, and where in its run it hit. */
export interface Kill {
  readonly death: Death;
  /** False while it was still starting, connecting or claiming. */
  readonly hadBegun: boolean;
  /** Steps that the store had afterwards. */
  readonly finished: number;
}

/** Two processes that resumed one run at once. */
export interface Duel {
  readonly kind: "both take over" | "one asks, one takes over";
  readonly winners: number;
  /** Names of the errors of the others. */
  readonly losses: readonly string[];
}

/** The life of one run. */
export interface KillStory {
  readonly runId: string;
  readonly logFile: string;
  readonly kills: Kill[];
  readonly duels: Duel[];
  /** Paths of steps whose function was executed although the store had told that they are finished. */
  readonly ranAgain: string[];
  /** Ends of processes that nobody meant. */
  readonly surprises: string[];
  isCompleted: boolean;
}

/** Executes one run until it is completed, whoever has to be killed on the way. */
export async function playRun(ground: KillGround): Promise<KillStory> {
  const runId = randomUUID();
  const logFile = join(ground.folder, `${runId}.log`);
  const story: KillStory = {
    runId,
    logFile,
    kills: [],
    duels: [],
    ranAgain: [],
    surprises: [],
    isCompleted: false,
  };
  for (let round = 0; round < MAX_ROUNDS && !story.isCompleted; round += 1) {
    // Asked after the death and before the next process starts: what is in the store now may never run again.
    const finished = await finishedSteps(ground, runId);
    const linesBefore = readKillLog(logFile).length;
    const row = await ground.database.runs.get(TENANT, runId);
    const how = row === undefined ? "start" : "resume";
    const order = { runId, logFile, how, takeOver: true } as const;
    const isDuel = how === "resume" && ground.random.next() < duelShare(ground);
    if (isDuel) await playDuel(ground, story, order);
    else await playRound(ground, story, order);
    for (const line of readKillLog(logFile).slice(linesBefore)) {
      if (line.what === "step" && finished.has(line.path)) story.ranAgain.push(line.path);
    }
    story.isCompleted = (await ground.database.runs.get(TENANT, runId))?.status === "completed";
  }
  return story;
}

/** As many resumes as spread the duels that are left over the deaths that are left. */
function duelShare({ left }: KillGround): number {
  return (1.3 * left.duels) / (left.kills + 1);
}

async function finishedSteps({ database }: KillGround, runId: string): Promise<ReadonlySet<string>> {
  return new Set((await database.runs.steps(TENANT, runId)).map(({ path }) => path));
}

/** One process, killed at a random moment unless it is done before. */
async function playRound(ground: KillGround, story: KillStory, order: KillOrder): Promise<void> {
  const { crew, random, lifeMs, startMs, left } = ground;
  const isCold = random.next() < COLD_SHARE;
  const child = isCold ? crew.startCold(order) : await crew.take();
  const diesAtMs = random.next() * (isCold ? startMs + lifeMs : lifeMs);
  if (!isCold) child.send(order);
  await Promise.race([sleep(diesAtMs), workOver(child)]);
  if (left.kills > 0 && child.isAlive && endOf(child) === undefined) {
    left.kills -= 1;
    child.kill("SIGKILL");
  }
  const death = await child.death;
  const end = endOf(child);
  if (end !== undefined && "error" in end) story.surprises.push(`${end.error.name}: ${end.error.message}`);
  if (death.signal !== "SIGKILL") {
    if (end === undefined) story.surprises.push(`pid ${death.pid} ended with ${death.signal ?? death.code}`);
    return;
  }
  const lines = readKillLog(story.logFile);
  const hadBegun = lines.some(({ pid, what }) => pid === death.pid && what !== "claim");
  const { size } = await finishedSteps(ground, story.runId);
  story.kills.push({ death, hadBegun, finished: size });
}

/** Two processes resume at once, to the end. The run is that of the one that claimed it last. */
async function playDuel(ground: KillGround, story: KillStory, order: KillOrder): Promise<void> {
  const { crew, left, random } = ground;
  const isPlain = random.next() < 0.3;
  const pair = [await crew.take(), await crew.take()] as const;
  // One after the other only as far as two messages can be: who claims first is up to the machine.
  pair[0].send({ ...order, takeOver: !isPlain });
  pair[1].send(order);
  const ends = await Promise.all(pair.map(workOver));
  await Promise.all(pair.map(({ death }) => death));
  const losses = ends.flatMap(lossOf);
  // So near to its end that one had done everything before the other asked: no duel.
  if (losses.includes("RunNotResumableError")) return;
  left.duels -= 1;
  story.duels.push({
    kind: isPlain ? "one asks, one takes over" : "both take over",
    winners: ends.filter((end) => end !== undefined && "report" in end).length,
    losses,
  });
}

function lossOf(end: KillEnd | undefined): readonly string[] {
  if (end === undefined) return ["died"];
  return "error" in end ? [end.error.name] : [];
}
