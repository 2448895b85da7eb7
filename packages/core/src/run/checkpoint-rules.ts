/** How the checkpoints of a workflow's runs are handled. */
export interface CheckpointRules {
  /** True: a checkpoint that cannot be saved fails the run. Default: it is reported. */
  readonly strict?: boolean | undefined;
  /** True: a run that fails goes back to its latest checkpoint, so that a resume does again what came after it. */
  readonly rollbackOnError?: boolean | undefined;
}
