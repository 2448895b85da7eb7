/** How long a thread of the memory store is there after its last checkpoint was saved. */
export class MemoryLifetime {
  /** Undefined while nothing expires. */
  expiresAtMs: number | undefined;
  /** Undefined: nobody said; 0: for ever. */
  private ttlMs: number | undefined;
  private isOwn = false;

  isOver(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && this.expiresAtMs <= nowMs;
  }

  /** `saved` are the checkpoints of the thread. See `ThreadRetention.setTtl`. */
  set(
    { ttlMs, isDefault }: { readonly ttlMs: number | undefined; readonly isDefault: boolean },
    saved: readonly { readonly savedAtMs: number }[],
    nowMs: number,
  ): void {
    if (isDefault && (this.isOwn || this.ttlMs === (ttlMs ?? 0))) return;
    this.ttlMs = ttlMs ?? 0;
    this.isOwn = !isDefault;
    this.expiresAtMs = undefined;
    let newest: number | undefined;
    for (const { savedAtMs } of saved) newest = Math.max(newest ?? savedAtMs, savedAtMs);
    if (newest !== undefined) this.renew(isDefault ? nowMs : newest);
  }

  /** A checkpoint was saved. */
  renew(nowMs: number): void {
    if (this.ttlMs !== undefined && this.ttlMs > 0) this.expiresAtMs = nowMs + this.ttlMs;
  }

  /** For a copy, which keeps what was said of itself. */
  take(source: MemoryLifetime, nowMs: number): void {
    if (this.ttlMs === undefined) [this.ttlMs, this.isOwn] = [source.ttlMs, source.isOwn];
    this.expiresAtMs = undefined;
    this.renew(nowMs);
  }
}
