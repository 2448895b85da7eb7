/** A checkpoint of a thread: what it goes on from, and when LangGraph made it. */
export interface ThreadPoint {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly madeAtMs: number;
}

/** The checkpoints of a thread, and the branch of one of them. */
export class ThreadLine {
  readonly #points: ReadonlyMap<string, ThreadPoint>;
  readonly #children = new Map<string, ThreadPoint[]>();
  /** The branch, by the ids of its checkpoints. */
  readonly #branch = new Set<string>();
  readonly #headId: string | undefined;

  /** `headId`: the checkpoint whose branch it is; the greatest by default. */
  constructor(points: readonly ThreadPoint[], headId: string | undefined) {
    this.#points = new Map(points.map((point) => [point.id, point]));
    this.#headId =
      headId ??
      points
        .map(({ id }) => id)
        .toSorted()
        .at(-1);
    for (const point of points.toSorted((a, b) => a.madeAtMs - b.madeAtMs)) {
      if (point.parentId === undefined) continue;
      const siblings = this.#children.get(point.parentId) ?? [];
      siblings.push(point);
      this.#children.set(point.parentId, siblings);
    }
    for (
      let at = this.#headId;
      at !== undefined && !this.#branch.has(at);
      at = this.#points.get(at)?.parentId
    )
      this.#branch.add(at);
  }

  /**
   * Where what was done from a checkpoint at some time left the branch; undefined for what is on it. It belongs to the checkpoint that
   * came of it: the first that was made from there afterwards.
   */
  leftAt(from: string | undefined, atMs: number): string | undefined {
    if (from === undefined) return undefined;
    const came = this.#children.get(from)?.find(({ madeAtMs }) => madeAtMs >= atMs);
    const isOn =
      this.#branch.has(from) && (came === undefined ? from === this.#headId : this.#branch.has(came.id));
    return isOn ? undefined : this.#nearest(from);
  }

  #nearest(from: string): string {
    const seen = new Set<string>();
    for (
      let at: string | undefined = from;
      at !== undefined && !seen.has(at);
      at = this.#points.get(at)?.parentId
    ) {
      if (this.#branch.has(at)) return at;
      seen.add(at);
    }
    return from;
  }
}
