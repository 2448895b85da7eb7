import { Promises } from "./promises.ts";

type Cleanup = () => unknown;

const cleanups: Cleanup[] = [];
let ending: Promise<void> | undefined;

/** Registers what must be undone at the end, also after an error, a time-out, or Ctrl-C; the latest first. */
export function atEnd(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

/** Runs one benchmark to its exit code: 0, or 1 for a broken promise, an error, or more time than `maxSeconds`. */
export async function runBench(
  title: string,
  maxSeconds: number,
  bench: (promises: Promises) => Promise<void>,
): Promise<never> {
  const started = performance.now();
  const promises = new Promises();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void end(130));
  const timer = setTimeout(() => {
    console.error(`BROKEN  ${title} took more than ${maxSeconds} s`);
    void end(1);
  }, maxSeconds * 1000);
  console.log(`# ${title}\n`);
  try {
    await bench(promises);
  } catch (error) {
    console.error(error);
    return end(1);
  } finally {
    clearTimeout(timer);
  }
  console.log(`\n${((performance.now() - started) / 1000).toFixed(1)} s`);
  return end(promises.exitCode);
}

async function end(code: number): Promise<never> {
  ending ??= undo();
  await ending;
  process.exit(code);
}

async function undo(): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    try {
      await cleanup();
    } catch (error) {
      console.error("cleaning up:", error);
    }
  }
}
