import type {
  BudgetDefinition,
  CheckpointPut,
  DefaultDefinition,
  Element,
  NewCheckpoint,
  ReserveRequest,
  Settlement,
  StepCommit,
  WindowKind,
} from "@wflo/core";

/**
 * One thing that happens to a database in a random walk; plain data, so that two databases get the very same.
 */
export type WalkMove =
  | { readonly does: "setBudget"; readonly budget: BudgetDefinition }
  | {
      readonly does: "raiseCap";
      readonly budgetId: string;
      readonly window: WindowKind;
      readonly toNanoUsd: bigint;
    }
  | { readonly does: "setPaused"; readonly budgetId: string; readonly paused: boolean }
  | { readonly does: "setDefault"; readonly definition: DefaultDefinition }
  | { readonly does: "removeDefault"; readonly prefix: string }
  | { readonly does: "createFromDefault"; readonly budgetId: string }
  | { readonly does: "reserve"; readonly request: ReserveRequest }
  | { readonly does: "settle"; readonly settlements: readonly Settlement[] }
  | {
      readonly does: "correct";
      readonly callId: string;
      readonly correctionId: string;
      readonly costNanoUsd: bigint;
    }
  | { readonly does: "renew"; readonly callIds: readonly string[]; readonly ttlMs: number }
  | { readonly does: "expire" }
  | { readonly does: "claim"; readonly runId: string }
  | { readonly does: "commitStep"; readonly commit: StepCommit }
  | {
      readonly does: "put";
      readonly checkpoint: NewCheckpoint;
      readonly elements: readonly Element[];
      /** In the epoch that the thread had so many deletes ago; undefined relies on nothing. */
      readonly deletesAgo: number | undefined;
      readonly fence: CheckpointPut["fence"];
      /** What it must follow: the parent it names, or whatever is the greatest id by then; undefined nothing. */
      readonly follows: "parent" | "greatest" | undefined;
    }
  | { readonly does: "deleteThread"; readonly thread: string }
  | { readonly does: "setNow"; readonly at: Date };
