export { type BilledTotals, type JournalEntry, type ServedTokens } from "./journal.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";
export type { SimulatorReply } from "./simulator-reply.ts";
export type { SimulatorRequest } from "./simulator-request.ts";
