export { adapterCases, testAdapter } from "./suites/adapter-suite.ts";
export type { TestAdapterOptions } from "./suites/adapter-suite.ts";
export type {
  AdapterAbility,
  AdapterCallOptions,
  AdapterCase,
  AdapterSetup,
  AdapterTool,
  AdapterUnderTest,
  CreateAdapter,
} from "./suites/adapter-case.ts";
export { brokenStores } from "./broken-stores/broken-stores.ts";
export type { BrokenStore } from "./broken-stores/broken-store.ts";
export { fakeClock } from "./fakes/fake-clock.ts";
export type { FakeClock } from "./fakes/fake-clock.ts";
export { fakeIds } from "./fakes/fake-ids.ts";
export type { DatabaseCase, DatabaseHarness } from "./suites/database-case.ts";
export { databaseCases, databaseSuite } from "./suites/database-suite.ts";
export type { DatabaseSuiteOptions } from "./suites/database-suite.ts";
export { SAMPLE_TEXTS } from "./sample-texts.ts";
export { memoryHarness } from "./suites/memory-harness.ts";
export { differentialWalk } from "./walks/differential-walk.ts";

export { startSimulator } from "./simulator/index.ts";
export type {
  BilledTotals,
  JournalEntry,
  ServedTokens,
  SimulatedApi,
  Simulator,
  SimulatorOptions,
  SimulatorReply,
  SimulatorRequest,
} from "./simulator/index.ts";
