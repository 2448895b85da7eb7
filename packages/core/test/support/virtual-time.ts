import { afterAll, beforeAll, onTestFinished, vi } from "vitest";

/**
 * In this file time goes on only when nothing else is left to do: timers fall due in their order, each at its own time, however
 * busy the machine is. For tests that wait for timers alone, not for sockets or files.
 */
export function virtualTime(): void {
  beforeAll(begin);
  afterAll(end);
}

/** To the end of this test: it is about the work of the process. */
export function realTime(): void {
  end();
  onTestFinished(begin);
}

function begin(): void {
  vi.useFakeTimers().setTimerTickMode("nextTimerAsync");
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const timer = new AbortController();
    const late = new DOMException("The operation was aborted due to timeout", "TimeoutError");
    setTimeout(() => timer.abort(late), ms);
    return timer.signal;
  });
}

function end(): void {
  vi.mocked(AbortSignal.timeout).mockRestore();
  vi.useRealTimers();
}
