export type { SimulatedApi } from "./endpoint.ts";
export { type BilledTotals, type JournalEntry } from "./journal.ts";
export type { ServedTokens } from "./served.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";
export type { SimulatorReply } from "./simulator-reply.ts";
export type { SimulatorRequest } from "./simulator-request.ts";
