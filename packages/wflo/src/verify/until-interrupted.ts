/** Somebody pressed Ctrl-C, or ended the process otherwise. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Does what can be ended early: its signal aborts with `Interrupted` when the process is told to end. A second time ends it at once. */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => {
    for (const name of SIGNALS) process.off(name, interrupt);
    controller.abort(new Interrupted("Interrupted."));
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}
