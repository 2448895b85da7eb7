import { expect } from "vitest";
import type {
  CheckpointConditions,
  CheckpointFilter,
  CheckpointHeader,
  CheckpointPlace,
  CheckpointPut,
  CheckpointStore,
  Element,
  NewCheckpoint,
  PutVerdict,
  StoredCheckpoint,
  ThreadState,
  WritesPut,
} from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** What a case says of a put; the rest is filled in, with one piece for each element. */
export interface PutOptions extends Partial<Omit<NewCheckpoint, "id">> {
  readonly elements?: readonly Element[];
  readonly threadEpoch?: number | undefined;
  readonly mustFollow?: boolean;
  readonly replaces?: boolean;
  readonly mustNotRevive?: boolean;
  readonly fence?: CheckpointPut["fence"];
}

/** Short words for what the cases of checkpoints do over and over: on the thread `chat`, on the line with the empty name. */
export class CheckpointDesk {
  readonly desk: CaseDesk;
  readonly store: CheckpointStore;

  constructor(desk: CaseDesk) {
    this.desk = desk;
    this.store = desk.database.checkpoints;
  }

  /** The same database for another tenant. */
  as(tenant: string): CheckpointDesk {
    return new CheckpointDesk(this.desk.as(tenant));
  }

  put(id: string, options: PutOptions = {}): Promise<PutVerdict> {
    const { elements = [], threadEpoch, mustFollow, replaces, mustNotRevive, fence, ...given } = options;
    const checkpoint: NewCheckpoint = {
      thread: "chat",
      namespace: "",
      id,
      parentId: undefined,
      kind: "save",
      name: "draft",
      step: undefined,
      manifest: "{}",
      pieces: elements.map(({ log, position }) => [log, position, position] as const),
      metadata: "{}",
      ...given,
    };
    const { tenant } = this.desk;
    const rules = { mustFollow, replaces, mustNotRevive, fence };
    return this.store.put({ tenant, checkpoint, elements, threadEpoch, ...rules });
  }

  /** Puts what must be saved; returns the thread as it is afterwards. */
  async save(id: string, options?: PutOptions): Promise<ThreadState> {
    const verdict = await this.put(id, options);
    expect(verdict).toMatchObject({ code: "saved" });
    if (verdict.code !== "saved") throw new Error(`put() said ${verdict.code} of ${id}`);
    return verdict.thread;
  }

  /** Puts what must be refused; returns the thread as it is afterwards. */
  async refused(
    code: "stale" | "moved" | "collision",
    id: string,
    options?: PutOptions,
  ): Promise<ThreadState> {
    const verdict = await this.put(id, options);
    expect(verdict).toMatchObject({ code });
    if (!("thread" in verdict)) throw new Error(`put() said ${verdict.code} of ${id}`);
    return verdict.thread;
  }

  /** Writes of the task `t`, each given as index and text. */
  write(
    checkpointId: string,
    writes: readonly (readonly [index: number, text: string])[],
    options?: Partial<Omit<WritesPut, "tenant" | "checkpointId" | "writes">>,
  ): Promise<"saved" | "deleted"> {
    return this.store.putWrites({
      tenant: this.desk.tenant,
      thread: "chat",
      namespace: "",
      checkpointId,
      taskId: "t",
      taskPath: "",
      writes: writes.map(([index, text]) => ({ index, channel: "notes", codec: 1, text })),
      replaces: false,
      ...options,
    });
  }

  /** The texts of the writes of a checkpoint in their order; undefined when it is not there. */
  async written(id: string, place?: Partial<CheckpointPlace>): Promise<readonly string[] | undefined> {
    return (await this.get({ id, ...place }))?.writes.map(({ text }) => text);
  }

  /** A page, as ids with the texts of their elements and of their writes. */
  async page(filter?: Partial<CheckpointFilter>): Promise<readonly unknown[]> {
    const page = await this.store.listStored(this.desk.tenant, { limit: 100, ...filter });
    return page.map(({ row, elements, writes }) => {
      const named = (log: number, position: number) =>
        row.pieces.some(([of, first, last]) => of === log && position >= first && position <= last);
      const own = elements.filter(({ log, position }) => named(log, position));
      return [row.id, own.map(({ text }) => text).toSorted(), writes.map(({ text }) => text)];
    });
  }

  /** A walk for channels from a place, as the texts of the writes, and for each end its channels and its id. */
  async walk(channels: readonly string[], place?: Partial<CheckpointPlace>): Promise<readonly unknown[]> {
    const from = { thread: "chat", namespace: "", ...place };
    const { writes, ends } = await this.store.walk(this.desk.tenant, from, { channels, endKey: "held" });
    const ended = ends.map(({ channels: of, stored }) => [of, stored.row.id, stored.elements.length]);
    return [writes.map(({ text }) => text), ended];
  }

  get(place?: Partial<CheckpointPlace>): Promise<StoredCheckpoint | undefined> {
    return this.store.get(this.desk.tenant, { thread: "chat", namespace: "", ...place });
  }

  /** The id that a place leads to. */
  async at(place?: Partial<CheckpointPlace>): Promise<string | undefined> {
    return (await this.get(place))?.row.id;
  }

  /** The texts of a state in alphabetical order; undefined when it is not there. */
  async texts(id: string, place?: Partial<CheckpointPlace>): Promise<readonly string[] | undefined> {
    const stored = await this.get({ id, ...place });
    return stored?.elements.map(({ text }) => text).toSorted();
  }

  async lineage(place?: Partial<CheckpointPlace>, limit = 100): Promise<readonly string[]> {
    const from = { thread: "chat", namespace: "", ...place };
    return (await this.store.lineage(this.desk.tenant, from, limit)).map(({ id }) => id);
  }

  list(filter?: Partial<CheckpointFilter>): Promise<readonly CheckpointHeader[]> {
    return this.store.list(this.desk.tenant, { limit: 100, ...filter });
  }

  async listed(filter?: Partial<CheckpointFilter>): Promise<readonly string[]> {
    return (await this.list(filter)).map(({ id }) => id);
  }

  count(conditions?: CheckpointConditions): Promise<number> {
    return this.store.count(this.desk.tenant, { ...conditions });
  }

  deleteThread(thread = "chat"): Promise<boolean> {
    return this.store.deleteThread(this.desk.tenant, thread);
  }
}

/** An element that says where it is, unless told otherwise. */
export function element(log: number, position: number, text = `${log}.${position}`): Element {
  return { log, position, codec: 1, text };
}

/** A case that is about checkpoints. */
export function checkpointCase(title: string, play: (desk: CheckpointDesk) => Promise<void>): DatabaseCase {
  return databaseCase(title, (desk) => play(new CheckpointDesk(desk)));
}
