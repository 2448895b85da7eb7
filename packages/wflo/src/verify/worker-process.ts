import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { CrashPoint } from "@wflo/core";

/** What a worker is told. The task comes as a message, since arguments of a process are for all to see and a URL has a password. */
export type ToWorker =
  | { readonly what: "task"; readonly task: WorkerTask }
  /** Begin to call: all do at once. */
  | { readonly what: "play" }
  /** Kill yourself at the next passing of this point. */
  | { readonly what: "die"; readonly at: CrashPoint }
  | { readonly what: "stop" };

/** What one process of the play is to do. */
export interface WorkerTask {
  readonly url: string;
  /** Under which the server knows its connections. */
  readonly applicationName: string;
  readonly connections: number;
  readonly tenant: string;
  readonly callers: number;
  readonly lease: boolean;
  readonly seed: number;
  readonly logFile: string;
}

const MOST_STDERR = 2_000;

/** One worker from its start to its end. */
export class WorkerProcess {
  readonly logFile: string;
  /** Resolves when it is gone, with what was wrong about that; undefined when it ended as it was told to. */
  readonly end: Promise<string | undefined>;
  /** Resolves when it could call, or is gone. */
  readonly ready: Promise<void>;
  isPlaying = false;
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
    this.ready = Promise.race([told, this.end]).then(() => {});
    this.#tell({ what: "task", task });
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Whether it killed itself as it was told to. */
  get isKilled(): boolean {
    return this.fate !== undefined && this.#process.signalCode === "SIGKILL";
  }

  play(): void {
    this.isPlaying = true;
    this.#tell({ what: "play" });
  }

  dieAt(point: CrashPoint): void {
    this.fate = point;
    this.#tell({ what: "die", at: point });
  }

  /** Lets it end its calls; kills it when that takes longer than `withinMs`. One that does not play yet has none. */
  async stop(withinMs: number): Promise<void> {
    if (!this.isPlaying) return this.kill();
    this.#isExpected = true;
    this.#tell({ what: "stop" });
    const lost = (): void => {
      this.#isExpected = false;
      this.#process.kill("SIGKILL");
    };
    const timeout = setTimeout(lost, withinMs);
    await this.end;
    clearTimeout(timeout);
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

/** The file of a worker: beside this one, as TypeScript in the workspace and as JavaScript in the package. */
function workerFile(): string {
  const name = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  return fileURLToPath(new URL(name, import.meta.url));
}
