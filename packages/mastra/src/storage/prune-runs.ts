import type { CheckpointHeader } from "@wflo/core";
import { boundAfter } from "./row-id.ts";
import { readNotes } from "./run-notes.ts";
import { LINE, type RunRows } from "./run-rows.ts";

const PAGE = 500;

/** Deletes runs that nobody has saved for long, some at a time. */
export class OldRuns {
  readonly #rows: RunRows;
  readonly #olderThanMs: number;
  #before: string | undefined;

  /** Those that were last saved before this moment. */
  constructor(rows: RunRows, olderThanMs: number) {
    this.#rows = rows;
    this.#olderThanMs = olderThanMs;
    this.#before = boundAfter(undefined);
  }

  /** Deletes at most so many, and goes on where it left off; returns how many. */
  async delete(most: number): Promise<number> {
    let deleted = 0;
    while (deleted < most && this.#before !== undefined) {
      const filter = {
        namespace: LINE,
        contains: JSON.stringify({ mastra: 1 }),
        before: this.#before,
        limit: PAGE,
      };
      const page = await this.#rows.ask(() => this.#rows.store.list(this.#rows.tenant, filter));
      this.#before = page.length < PAGE ? undefined : page.at(-1)?.id;
      for (const row of page) {
        if (!this.#isOld(row)) continue;
        if (deleted === most) {
          // The page is looked at again.
          this.#before = filter.before;
          return deleted;
        }
        if (await this.#deleteOne(row)) deleted += 1;
      }
    }
    return deleted;
  }

  /** False when it was saved meanwhile. */
  async #deleteOne({ thread }: CheckpointHeader): Promise<boolean> {
    const { store, tenant } = this.#rows;
    const outline = await store.outline(tenant, thread);
    if (outline === undefined || !outline.checkpoints.every((row) => this.#isOld(row))) return false;
    const places = outline.checkpoints.map(({ namespace, id }) => ({ namespace, id }));
    return (await store.deleteCheckpoints(tenant, { thread, outline, places })).code === "deleted";
  }

  #isOld({ metadata }: CheckpointHeader): boolean {
    return readNotes(metadata).updated < this.#olderThanMs;
  }
}
