export { createWflo, type Wflo } from "./create-wflo.ts";
export { currentRun, type CurrentRun } from "./current-run.ts";
export type { WfloOptions } from "./wflo-options.ts";
export { checkpoint } from "./checkpoint-wrapper.ts";
export { trackLlmCall } from "./track-llm-call.ts";
export type { CheckpointOptions, CheckpointWrapper } from "./wrappers/checkpoint.ts";
export type { TrackLlmCallOptions } from "./wrappers/track-llm-call-options.ts";
export type { FunctionWrapper } from "./wrappers/wrapped-function.ts";
export { attributed, type Attribution } from "./attributed.ts";
export { bindWrapper, WRAPPER_OPTIONS, type BoundWrapper, type WrapperOptions } from "./wrapper.ts";
export { checkNames, checkOptions, type OptionNames } from "./budget/check-options.ts";

export { MAX_NANO_USD, Money, decimalUsd, formatUsd, usd, type MoneyInput } from "./money/money.ts";

export {
  createCatalogue,
  type Catalogue,
  type PriceTable,
  type UnknownRate,
  type UserPrice,
} from "./pricing/rates/catalogue.ts";
export type { Cost, CostLine } from "./pricing/cost/cost.ts";
export { costOfUsage } from "./pricing/cost/cost-of-usage.ts";
export { audioSecondsAtMost } from "./pricing/cost/audio-length.ts";
export { imageTokens, type ImageWish } from "./pricing/cost/image-tokens.ts";
export { modelThinks } from "./pricing/rates/model-thinks.ts";
export { NativeAnswer, type ToldByProvider } from "./pricing/usage/native-answer.ts";
export { createPricing, type PricedCost, type PricedResponse, type Pricing } from "./pricing/pricing.ts";
export type { RepricedCall, RepriceFilter, Repricing } from "./budget/reprice.ts";
export type { PriceListInfo } from "./pricing/pricing.ts";
export type { PriceOptions, PriceUpdate } from "./pricing/rates/price-options.ts";
export type { ResponseToPrice } from "./pricing/cost/cost-of-response.ts";
export { speechTokens } from "./pricing/cost/speech-tokens.ts";
export { providerName } from "./pricing/rates/provider-name.ts";
export { providerOfUrl } from "./pricing/rates/provider-of-url.ts";
export type { Meter, Rate, RateCard } from "./pricing/rates/rate-card.ts";
export { isUsage, type Usage } from "./pricing/usage/usage.ts";
export { isNothing, usageOfResponse, type MeasuredResponse } from "./pricing/usage/usage-of-response.ts";
export { chatUsageIn, usageOfOpenAIChat, usageOfOpenAIResponse } from "./pricing/usage/usage-of-openai.ts";
export { usageOfOpenAITranscription } from "./pricing/usage/usage-of-openai-media.ts";

export type { Budget, BudgetInput, BudgetWindow } from "./budget/budget.ts";
export type { BudgetDefault, BudgetDefaultInput } from "./budget/budget-default.ts";
export type { BudgetDiscrepancy, CallInDoubt, Reconciliation } from "./budget/reconcile.ts";
export type { TopUp } from "./budget/top-up.ts";
export type { BudgetTerms } from "./budget/budget-terms.ts";
export type { BudgetPage, Budgets } from "./budget/budgets.ts";
export type { Calls, LedgerLine } from "./budget/calls.ts";
export type { CallExplanation } from "./budget/explain-call.ts";
export { grantOf, type HoldRequest } from "./budget/hold.ts";
export { PaidSum, PaidSums, type NamedSum } from "./budget/paid-sums.ts";
export { receiptCounts, type ReceiptCounts } from "./budget/receipt-counts.ts";

export { askAgain, type Patience } from "./checkpoint/ask-again.ts";
export type { Checkpoint, CheckpointInfo } from "./checkpoint/checkpoint.ts";
export {
  CheckpointEngine,
  type ChannelsRequest,
  type EngineOptions,
  type SaveRequest,
} from "./checkpoint/checkpoint-engine.ts";
export type { BaseOfChannels, ComposeChannels, ComposedChannels } from "./checkpoint/composed-channels.ts";
export { joinState } from "./checkpoint/join-state.ts";
export { CODEC, RAW_CODEC } from "./checkpoint/log-writer.ts";
export { splitAt, type ChannelKind, type StateChannel } from "./checkpoint/split-state.ts";
export type { CheckpointChoice } from "./checkpoint/lineage.ts";
export { aroundRuns, type Surrounding } from "./run/around-runs.ts";
export { registerPending, type PendingRecogniser } from "./run/pending-result.ts";
export type { AgentName, ForkOptions, Run } from "./run/run.ts";
export type { CheckpointListOptions, Checkpoints, ListedCheckpoint } from "./run/checkpoints.ts";
export type { BranchCost, BudgetLeft, CostBreakdown, CostRow, NamedCost } from "./run/cost-breakdown.ts";
export type { CostSum } from "./run/cost-tally.ts";
export type { CostNode } from "./run/cost-tree.ts";
export type { CheckpointRules } from "./run/checkpoint-rules.ts";
export type { SaveOptions } from "./run/run-history.ts";
export type { ToolFunction, ToolOptions } from "./run/run-services.ts";
export type { RunDetails, Runs, RunSummary, SavedStep } from "./run/runs.ts";
export { namesOfPath, type StepName } from "./run/step-path.ts";
export type { AdhocOptions, ResumeOptions, RunOptions, Workflow, WorkflowOptions } from "./run/workflow.ts";
export {
  registerTarget,
  type CreateRunTarget,
  type GenerateTarget,
  type InvokeTarget,
  type KickoffTarget,
  type TargetRecogniser,
  type ValueCodec,
  type WorkflowFunction,
  type WorkflowTarget,
} from "./run/workflow-target.ts";

export { apart, rejoined } from "./guard/apart.ts";
export { noteMetered } from "./guard/witness.ts";
export type { Door } from "./guard/door.ts";
export type { CountTokens, CrashPoint } from "./guard/door-settings.ts";
export type {
  Answer,
  BudgetLeftAfter,
  CallCharge,
  CallPlace,
  Grant,
  GuardRequest,
  Outcome,
  RequestPart,
  RetryPolicy,
  StreamAnswer,
  StreamedOutput,
  StreamMeter,
} from "./guard/guard-request.ts";
export { hostedToolWork, providerToolPrompts, type HostedTool } from "./guard/tools-of-providers.ts";
export { widestJson } from "./guard/widest-json.ts";
export type { RemoteCall } from "./guard/settle-remote.ts";
export { outcomeOfError, outcomeOfStatus } from "./guard/outcome.ts";

export type { Listener } from "./telemetry/emitter.ts";
export type { CallEnd, CallStart, WfloEventName, WfloEvents } from "./telemetry/events.ts";
export type { Logger } from "./telemetry/log.ts";

export { uuidV7Ids } from "./host/uuid-v7-ids.ts";
export { systemClock } from "./host/system-clock.ts";
export { memoryDatabase } from "./memory/memory-database.ts";
export type {
  ChannelWalk,
  CheckpointConditions,
  CheckpointFilter,
  CheckpointHeader,
  CheckpointKind,
  CheckpointPlace,
  CheckpointPut,
  CheckpointRow,
  CheckpointStore,
  Element,
  NewCheckpoint,
  PendingWrite,
  Piece,
  PutVerdict,
  StoredCheckpoint,
  ThreadState,
  WalkRequest,
  WritesPut,
} from "./ports/checkpoint-store.ts";
export type { Clock } from "./ports/clock.ts";
export type { Database, StepCommit, StepCommitVerdict } from "./ports/database.ts";
export type { Ids } from "./ports/ids.ts";
export type {
  Item,
  ItemAnswers,
  ItemBatch,
  ItemComparison,
  ItemCondition,
  ItemPlace,
  ItemPut,
  ItemSearch,
  ItemStore,
  Namespace,
  NamespaceListing,
  NamespaceMatch,
} from "./ports/item-store.ts";
export type { BudgetDefinition, BudgetState } from "./ports/budget-state.ts";
export type { DefaultDefinition, DefaultStore, MadeBudget } from "./ports/default-store.ts";
export { leasingDatabase, type LeasingDatabase } from "./leases/leasing-database.ts";
export {
  LEASE_LABEL,
  type LeasedCall,
  type LeasePost,
  type LeaseState,
  type LeaseStore,
} from "./ports/lease-store.ts";
export { noParent, parentCircle } from "./budget/parent-refusals.ts";
export type {
  BudgetParent,
  CallLabel,
  ClosingKind,
  CostGroup,
  Discrepancy,
  Entry,
  EntryFilter,
  EntryKind,
  LedgerStore,
  ReserveRequest,
  ReserveVerdict,
  Settlement,
  SettleVerdict,
} from "./ports/ledger-store.ts";
export type {
  ClaimVerdict,
  ListedRun,
  NewRun,
  RunFilter,
  RunRow,
  RunStatus,
  RunStore,
  StepRow,
} from "./ports/run-store.ts";
export type {
  CheckpointsDelete,
  DeleteVerdict,
  LinePlace,
  OutlinedWrites,
  ThreadFilter,
  ThreadOutline,
  ThreadPage,
  ThreadRetention,
  ThreadSummary,
} from "./ports/thread-retention.ts";
export type { BudgetWarning, WarningWatch } from "./ports/budget-warning.ts";
export type { WindowKind, WindowState } from "./ports/window-state.ts";

export { BudgetBusyError } from "./errors/budget-busy-error.ts";
export { BudgetExceededError, type BudgetRefusal } from "./errors/budget-exceeded-error.ts";
export { BudgetPausedError } from "./errors/budget-paused-error.ts";
export { CallConflictError } from "./errors/call-conflict-error.ts";
export { ClientClosedError } from "./errors/client-closed-error.ts";
export { HoldExceededError } from "./errors/hold-exceeded-error.ts";
export { InvalidAmountError } from "./errors/invalid-amount-error.ts";
export { InvalidPriceListError } from "./errors/invalid-price-list-error.ts";
export { InvalidOptionError } from "./errors/invalid-option-error.ts";
export { budgetExceededIn, isBudgetExceeded } from "./errors/is-budget-exceeded.ts";
export { MissingUsageError } from "./errors/missing-usage-error.ts";
export { NoClientError } from "./errors/no-client-error.ts";
export { RunAliveError } from "./errors/run-alive-error.ts";
export { RunInterruptedError } from "./errors/run-interrupted-error.ts";
export { RunNotResumableError } from "./errors/run-not-resumable-error.ts";
export { RunOverError } from "./errors/run-over-error.ts";
export { RunSupersededError } from "./errors/run-superseded-error.ts";
export { StepNameTakenError } from "./errors/step-name-taken-error.ts";
export { StoreUnavailableError } from "./errors/store-unavailable-error.ts";
export { ThreadDeletedError } from "./errors/thread-deleted-error.ts";
export { UnboundedRequestError } from "./errors/unbounded-request-error.ts";
export { UnknownBudgetError } from "./errors/unknown-budget-error.ts";
export { UnknownPriceError } from "./errors/unknown-price-error.ts";
export { UnknownRunError } from "./errors/unknown-run-error.ts";
export { UnreadableValueError } from "./errors/unreadable-value-error.ts";
export { UnsavableValueError } from "./errors/unsavable-value-error.ts";
export { StepsRunningError } from "./errors/steps-running-error.ts";
export { UnknownCheckpointError } from "./errors/unknown-checkpoint-error.ts";
export { UnmeteredCallError } from "./errors/unmetered-call-error.ts";
export { UnreadableCheckpointError } from "./errors/unreadable-checkpoint-error.ts";
export { WfloError } from "./errors/wflo-error.ts";
