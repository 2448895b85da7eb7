import type { Element, NewCheckpoint, Piece } from "@wflo/core";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";
import type { WalkMove } from "./walk-move.ts";

/** The threads and lines that walks save checkpoints in. */
export const checkpointScene = {
  threads: ["chat", "mail"],
  namespaces: ["", "tools"],
  name: "draft",
} as const;

const IDS = 60;
const LOGS = 4;
const POSITIONS = 6;

/** Invents puts and deletes of one walk; the same seed gives the same moves. */
export class CheckpointPlanner {
  private readonly random: SeededRandom;
  private readonly runId: string;

  constructor(seed: number, runId: string) {
    this.random = seededRandom(seed + 1_000_000);
    this.runId = runId;
  }

  /** One checkpoint in each thread, so that each has an epoch to be compared with. */
  opening(): readonly WalkMove[] {
    return checkpointScene.threads.map((thread) => {
      const elements = [{ log: 0, position: 0, codec: 1, text: thread }];
      const checkpoint = { ...this.checkpoint(), thread, pieces: [[0, 0, 0]] as const };
      return {
        does: "put",
        checkpoint,
        elements,
        deletesAgo: undefined,
        fence: undefined,
        follows: undefined,
      };
    });
  }

  next(): WalkMove {
    if (this.chance(6)) return { does: "deleteThread", thread: this.random.pick(checkpointScene.threads) };
    const isFenced = this.chance(15);
    return {
      does: "put",
      checkpoint: this.checkpoint(),
      elements: this.elements(),
      deletesAgo: this.chance(40) ? undefined : this.random.pick([0, 0, 0, 0, 1]),
      fence: isFenced ? { runId: this.runId, epoch: 1 + this.random.below(4) } : undefined,
      follows: this.chance(25) ? this.random.pick(["parent", "greatest"] as const) : undefined,
    };
  }

  private checkpoint(): NewCheckpoint {
    const rank = this.random.below(IDS);
    const parent = this.random.below(IDS);
    return {
      thread: this.random.pick(checkpointScene.threads),
      namespace: this.random.pick(checkpointScene.namespaces),
      id: idOf(rank),
      // Of a lower rank, whatever the ids say: no circles, and clocks that ran behind.
      parentId: parent < rank ? idOf(parent) : undefined,
      kind: "save",
      name: this.chance(30) ? "final" : checkpointScene.name,
      step: undefined,
      manifest: `${this.random.below(1_000)}`,
      pieces: Array.from({ length: this.random.below(4) }, () => this.piece()),
      metadata: "{}",
    };
  }

  private elements(): readonly Element[] {
    const places = new Map<string, Element>();
    for (let count = this.random.below(3); count > 0; count -= 1) {
      const [log, position] = [this.random.below(LOGS), this.random.below(POSITIONS)];
      places.set(`${log}/${position}`, { log, position, codec: 1, text: `${this.random.below(1_000)}` });
    }
    return [...places.values()];
  }

  private piece(): Piece {
    return [this.random.below(LOGS), this.random.below(POSITIONS), this.random.below(POSITIONS)];
  }

  private chance(percent: number): boolean {
    return this.random.below(100) < percent;
  }
}

function idOf(rank: number): string {
  return `${(rank * 17) % IDS}`.padStart(4, "0");
}
