/** What `wflo verify` was asked to do; see its `--help`. */
export interface VerifyOptions {
  readonly url: string | undefined;
  /** A folder. Then everything happens in this process. */
  readonly pglite: string | undefined;
  readonly processes: number;
  readonly seconds: number;
  readonly callers: number;
  readonly seed: number;
  /** Leave the rows where they are. */
  readonly keep: boolean;
}
