import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { atEnd } from "./run-bench.ts";

/** How a child process really ended. */
export interface Death {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of its own that runs one file of `support/` and tells its results in messages. */
export class Child<Message> {
  readonly death: Promise<Death>;
  readonly messages: Message[] = [];
  readonly #process: ChildProcess;
  readonly #arrivals = new Set<() => void>();

  /** Starts it; `task` is plain JSON and arrives as the first argument. */
  constructor(file: string, task: unknown) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#process = fork(path, [JSON.stringify(task)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const { pid = 0 } = this.#process;
    this.death = once(this.#process, "close").then(([code, signal]) => ({ pid, code, signal }) as Death);
    this.#process.on("message", (message) => {
      this.messages.push(message as Message);
      for (const arrived of this.#arrivals) arrived();
    });
    void this.death.then(() => this.#arrivals.forEach((arrived) => arrived()));
    atEnd(() => this.stop());
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Sends it a message; nothing happens when it is gone. */
  send(message: object): void {
    if (this.isAlive && this.#process.connected) this.#process.send(message, () => {});
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Its first message for which this is true; rejects when it dies without one. */
  async message(isWanted: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const found = this.messages.find(isWanted);
      if (found !== undefined) return found;
      if (!this.isAlive) throw new Error(`process ${this.pid} ended before it told what was waited for`);
      const arrival = Promise.withResolvers<void>();
      this.#arrivals.add(arrival.resolve);
      await arrival.promise;
      this.#arrivals.delete(arrival.resolve);
    }
  }

  /** Kills it if it still runs. */
  async stop(): Promise<void> {
    if (this.isAlive) this.kill("SIGKILL");
    await this.death;
  }
}
