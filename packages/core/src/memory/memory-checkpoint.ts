import type { CheckpointHeader, CheckpointRow, NewCheckpoint } from "../ports/checkpoint-store.ts";

/** One checkpoint of the memory store; never changed. */
export class MemoryCheckpoint {
  readonly id: string;
  /** Grows with every checkpoint of the database, whatever the clock says. */
  readonly sequence: number;
  readonly savedAtMs: number;
  private readonly created: NewCheckpoint;

  constructor(checkpoint: NewCheckpoint, sequence: number, savedAtMs: number) {
    this.id = checkpoint.id;
    this.sequence = sequence;
    this.savedAtMs = savedAtMs;
    this.created = copyOf(checkpoint);
  }

  get namespace(): string {
    return this.created.namespace;
  }

  get name(): string {
    return this.created.name;
  }

  get parentId(): string | undefined {
    return this.created.parentId;
  }

  get metadata(): string {
    return this.created.metadata;
  }

  get thread(): string {
    return this.created.thread;
  }

  /** Whether another checkpoint is the same as this one. */
  says(other: NewCheckpoint): boolean {
    const text = (of: NewCheckpoint) =>
      JSON.stringify([of.parentId ?? null, of.kind, of.name, of.manifest, of.pieces, of.metadata]);
    return text(this.created) === text(other);
  }

  row(): CheckpointRow {
    return { ...copyOf(this.created), savedAt: new Date(this.savedAtMs) };
  }

  header(): CheckpointHeader {
    const { manifest: _, pieces: __, ...header } = this.created;
    return { ...header, savedAt: new Date(this.savedAtMs) };
  }
}

function copyOf(checkpoint: NewCheckpoint): NewCheckpoint {
  const { thread, namespace, id, parentId, kind, name, step, manifest, metadata } = checkpoint;
  const pieces = checkpoint.pieces.map(([log, first, last]) => [log, first, last] as const);
  return { thread, namespace, id, parentId, kind, name, step, manifest, pieces, metadata };
}
