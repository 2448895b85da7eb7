import type { Clock } from "@wflo/core";

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves both clocks on and runs every task that falls due, in order, each at its own time. */
  advance(ms: number): void;
  /** Tasks that wait. */
  pending(): number;
}

interface Task {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A `Clock` for tests, at `startMs` (milliseconds since the epoch; 2026-03-10T12:00:00Z when left out). */
export function fakeClock(startMs: number = Date.UTC(2026, 2, 10, 12)): FakeClock {
  let elapsedMs = 0;
  const tasks = new Set<Task>();

  function nextDue(untilMs: number): Task | undefined {
    let next: Task | undefined;
    for (const task of tasks) {
      if (task.dueMs <= untilMs && (next === undefined || task.dueMs < next.dueMs)) next = task;
    }
    return next;
  }

  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    schedule(run, delayMs) {
      const task = { dueMs: elapsedMs + Math.max(0, delayMs), run };
      tasks.add(task);
      return () => {
        tasks.delete(task);
      };
    },
    advance(ms) {
      const untilMs = elapsedMs + ms;
      for (let task = nextDue(untilMs); task !== undefined; task = nextDue(untilMs)) {
        tasks.delete(task);
        elapsedMs = task.dueMs;
        task.run();
      }
      elapsedMs = untilMs;
    },
    pending: () => tasks.size,
  };
}
