import { expect } from "vitest";
import type { DeleteVerdict, LinePlace, ThreadFilter, ThreadOutline, ThreadPage } from "@wflo/core";
import { CheckpointDesk } from "./checkpoint-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Short words for what the cases do that are about threads over time: on the thread `chat`. */
export class RetentionDesk extends CheckpointDesk {
  async outline(thread = "chat"): Promise<ThreadOutline> {
    const outline = await this.store.outline(this.desk.tenant, thread);
    if (outline === undefined) throw new Error(`outline() did not find ${thread}`);
    return outline;
  }

  /** Deletes checkpoints, each given as id or as namespace and id, as of an outline. */
  async thin(
    places: readonly (string | readonly [namespace: string, id: string])[],
    outline?: ThreadOutline,
  ): Promise<DeleteVerdict> {
    const named = places.map((place): LinePlace => {
      return typeof place === "string" ? { namespace: "", id: place } : { namespace: place[0], id: place[1] };
    });
    const known = outline ?? (await this.outline());
    return this.store.deleteCheckpoints(this.desk.tenant, { thread: "chat", outline: known, places: named });
  }

  /** Copies `chat` to `copy`, unless told otherwise; returns what became of it. */
  async copy(options: { readonly from?: string; readonly to?: string; readonly replaces?: boolean } = {}) {
    const copy = { from: "chat", to: "copy", replaces: false, ...options };
    return (await this.store.copyThread(this.desk.tenant, copy)).code;
  }

  threads(filter?: Partial<ThreadFilter>): Promise<ThreadPage> {
    return this.store.threads(this.desk.tenant, { startsWith: "", limit: 100, ...filter });
  }

  async threadNames(filter?: Partial<ThreadFilter>): Promise<readonly string[]> {
    return (await this.threads(filter)).threads.map(({ thread }) => thread);
  }

  /** Seconds; undefined: for ever. */
  setTtl(seconds: number | undefined, { thread = "chat", isDefault = false } = {}): Promise<void> {
    const ttlMs = seconds === undefined ? undefined : seconds * 1000;
    return this.store.setTtl(this.desk.tenant, thread, { ttlMs, isDefault });
  }

  deleteExpired(which?: { readonly limit?: number; readonly thread?: string }): Promise<number> {
    return this.store.deleteExpired(this.desk.tenant, { limit: 100, ...which });
  }

  /** What the eight ways to read say of `chat`: how much each of them finds. */
  async found(): Promise<readonly number[]> {
    const { tenant } = this.desk;
    const place = { thread: "chat", namespace: "" };
    const walk = await this.store.walk(tenant, place, { channels: ["notes"], endKey: "held" });
    const listed = await Promise.all(
      [{}, { thread: "chat" }].flatMap((filter) => [
        this.list(filter),
        this.store.listStored(tenant, { limit: 100, ...filter }),
      ]),
    );
    const lineage = await this.lineage();
    const outline = await this.store.outline(tenant, "chat");
    return [
      (await this.at()) === undefined ? 0 : 1,
      ...listed.map(({ length }) => length),
      lineage.length,
      walk.writes.length,
      outline?.checkpoints.length ?? 0,
      (await this.threads()).threads.length,
      await this.count(),
      await this.count({ thread: "chat" }),
    ];
  }

  /** What `deleteCheckpoints` must say, and the texts of the checkpoints that are left. */
  async expectThinned(verdict: DeleteVerdict, counts: readonly [number, number, number]): Promise<void> {
    const [checkpoints, writes, elements] = counts;
    expect(verdict).toEqual({ code: "deleted", checkpoints, writes, elements });
  }
}

/** A case that is about threads over time. */
export function retentionCase(title: string, play: (desk: RetentionDesk) => Promise<void>): DatabaseCase {
  return databaseCase(title, (desk) => play(new RetentionDesk(desk)));
}
