import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { CrashPoint } from "@wflo/core";
import { workerFile } from "./worker-file.ts";
import type { ToWorker, WorkerTask } from "./worker-message.ts";

const MOST_STDERR = 2_000;

/** One worker from its start to its end. */
export class WorkerProcess {
  readonly logFile: string;
  /** Resolves when it is gone, with what was wrong about that; undefined when it ended as it was told to. */
  readonly end: Promise<string | undefined>;
  /** Resolves when it calls, or is gone. */
  readonly ready: Promise<void>;
  isReady = false;
  /** Where it was told to kill itself. */
  fate: CrashPoint | undefined;
  readonly #process: ChildProcess;
  #stderr = "";
  #isExpected = false;

  constructor(task: WorkerTask) {
    this.logFile = task.logFile;
    this.#process = fork(workerFile(), [], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#process.stderr?.on("data", (text) => {
      this.#stderr = `${this.#stderr}${String(text)}`.slice(-MOST_STDERR);
    });
    const gone = once(this.#process, "close") as Promise<[number | null, NodeJS.Signals | null]>;
    this.end = gone.then(([code, signal]) => this.#judge(code, signal));
    const told = new Promise((resolve) => this.#process.once("message", resolve));
    this.ready = Promise.race([told, this.end]).then(() => void (this.isReady = true));
    this.#tell({ what: "task", task });
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Whether it killed itself as it was told to. */
  get isKilled(): boolean {
    return this.fate !== undefined && this.#process.signalCode === "SIGKILL";
  }

  dieAt(point: CrashPoint): void {
    this.fate = point;
    this.#tell({ what: "die", at: point });
  }

  /** Lets it end its calls; kills it when that takes longer than `withinMs`. */
  async stop(withinMs: number): Promise<string | undefined> {
    this.#isExpected = true;
    this.#tell({ what: "stop" });
    const lost = (): void => {
      this.#isExpected = false;
      this.#process.kill("SIGKILL");
    };
    const timeout = setTimeout(lost, withinMs);
    const wrong = await this.end;
    clearTimeout(timeout);
    return wrong;
  }

  async kill(): Promise<void> {
    this.#isExpected = true;
    if (this.isAlive) this.#process.kill("SIGKILL");
    await this.end;
  }

  #tell(message: ToWorker): void {
    if (this.isAlive && this.#process.connected) this.#process.send(message, () => {});
  }

  #judge(code: number | null, signal: NodeJS.Signals | null): string | undefined {
    if (this.fate !== undefined && signal === "SIGKILL") return undefined;
    if (this.#isExpected && (code === 0 || signal === "SIGKILL")) return undefined;
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return `A worker process ended ${how}${this.#stderr === "" ? "." : `: ${this.#stderr.trim()}`}`;
  }
}
