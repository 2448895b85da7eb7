/** Time and timers of the process, so that tests can run them by hand. Money never depends on it: windows and expiry use the store's clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that only grow, for latencies and deadlines. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`; returns the cancelling function. A pending timer does not keep the process alive unless asked. */
  schedule(task: () => void, delayMs: number, options?: { readonly keepAlive?: boolean }): () => void;
}
