import type { CrashPoint } from "@wflo/core";

/** What a worker is told. The task comes as a message, since arguments of a process are for all to see and a URL has a password. */
export type ToWorker =
  | { readonly what: "task"; readonly task: WorkerTask }
  /** Kill yourself at the next passing of this point. */
  | { readonly what: "die"; readonly at: CrashPoint }
  | { readonly what: "stop" };

/** What one process of the play is to do. */
export interface WorkerTask {
  /** Undefined: what the environment says (PGHOST and the others). */
  readonly url: string | undefined;
  /** Under which the server knows its connections. */
  readonly applicationName: string;
  readonly connections: number;
  readonly tenant: string;
  readonly callers: number;
  readonly seed: number;
  readonly logFile: string;
}
