import { ORGANIZATION_PATHS } from "./organization-paths.ts";

/** The kinds of answers whose cost is read here. */
export type PricedApi =
  | "chat"
  | "responses"
  | "compaction"
  | "completions"
  | "embeddings"
  | "images"
  | "transcription"
  | "translation"
  | "speech";

/**
 * One endpoint: what a POST to it is, and why, in words that complete "Calls to it are paid, but …" where it is paid. `path` is all of
 * what the SDK writes behind the base URL, with `*` for an id. "freeAtOpenAI" is paid at other providers: nobody knows their prices.
 */
export interface EndpointRow {
  readonly path: string;
  readonly is: PricedApi | "free" | "freeAtOpenAI" | "paid" | "later";
  readonly why: string;
}

const priced = (path: string, is: PricedApi): EndpointRow => ({
  path,
  is,
  why: "its answer tells its usage",
});
const free = (why: string, ...paths: readonly string[]): EndpointRow[] =>
  paths.map((path) => ({ path, is: "free", why }));
const freeAtOpenAI = (why: string, ...paths: readonly string[]): EndpointRow[] =>
  paths.map((path) => ({ path, is: "freeAtOpenAI", why }));
const paid = (why: string, ...paths: readonly string[]): EndpointRow[] =>
  paths.map((path) => ({ path, is: "paid", why }));

const SESSION = "what is said in the conversations that they open is billed without passing here";
const MODEL_WORK = "models work behind them whose usage the answer does not tell";

/**
 * Every POST of the openai SDK (7.57, read in its resources on 2026-11-22; a test compares them), and what it costs by OpenAI's
 * price list. The first row that fits counts, so the particular ones come first.
 */
export const ENDPOINTS: readonly EndpointRow[] = [
  priced("chat/completions", "chat"),
  priced("responses", "responses"),
  priced("responses/compact", "compaction"),
  priced("completions", "completions"),
  priced("embeddings", "embeddings"),
  priced("images/generations", "images"),
  priced("images/edits", "images"),
  priced("images/variations", "images"),
  priced("audio/transcriptions", "transcription"),
  priced("audio/translations", "translation"),
  priced("audio/speech", "speech"),
  {
    path: "batches",
    is: "later",
    why: "what a batch costs depends on a file that wflo does not see, and is told when the batch is done",
  },
  ...free("it stops work", "responses/*/cancel", "batches/*/cancel", "evals/*/runs/*/cancel"),
  ...free("it stops work", "threads/*/runs/*/cancel", "vector_stores/*/file_batches/*/cancel"),
  ...free("it stops work", "chatkit/sessions/*/cancel", "uploads/*/cancel", "agents/automations/*/pause"),
  ...free("it stops work", "fine_tuning/jobs/*/cancel", "fine_tuning/jobs/*/pause"),
  ...free("it ends a call or hands it on", "realtime/calls/*/hangup", "realtime/calls/*/reject"),
  ...free("it ends a call or hands it on", "realtime/calls/*/refer", "live/sessions/*/hangup"),
  ...free("it ends a call or hands it on", "live/sessions/*/reject", "live/sessions/*/refer"),
  ...freeAtOpenAI("OpenAI's moderation is free of charge", "moderations"),
  ...freeAtOpenAI("it counts tokens, which is free of charge", "responses/input_tokens"),
  ...free("a token for a workload is exchanged", "oauth/token"),
  ...paid("the storage of a vector store is billed by the day", "vector_stores", "vector_stores/*/files"),
  ...paid("the storage of a vector store is billed by the day", "vector_stores/*/file_batches"),
  ...paid("no price of a search outside a response could be checked", "vector_stores/*/search"),
  ...freeAtOpenAI("it changes what is written about it", "vector_stores/*/files/*", "vector_stores/*"),
  ...paid("a container is billed for the time it lives", "containers", "agents/environments"),
  ...free("a file is put in", "containers/*/files", "agents/environments/*/files"),
  ...paid("training is billed by what it trains on", "fine_tuning/jobs", "fine_tuning/jobs/*/resume"),
  ...paid(MODEL_WORK, "fine_tuning/alpha/graders/run", "evals/*/runs", "decisions"),
  ...freeAtOpenAI("it only checks or describes", "fine_tuning/alpha/graders/validate", "evals", "evals/*"),
  ...freeAtOpenAI("it gives a right", "fine_tuning/checkpoints/*/permissions"),
  ...paid("a video is billed by its seconds", "videos", "videos/edits", "videos/extensions"),
  ...paid("a video is billed by its seconds", "videos/characters", "videos/*/remix"),
  ...paid(SESSION, "realtime/calls", "realtime/calls/*/accept", "realtime/client_secrets"),
  ...paid(SESSION, "realtime/sessions", "realtime/transcription_sessions"),
  ...paid(SESSION, "realtime/translations/client_secrets", "chatkit/sessions"),
  ...paid(SESSION, "live/sessions", "live/sessions/*/accept", "live/sessions/*/fork"),
  ...paid(MODEL_WORK, "threads/runs", "threads/*/runs", "threads/*/runs/*/submit_tool_outputs"),
  ...freeAtOpenAI(
    "it changes what is written about it",
    "threads/*/runs/*",
    "threads/*/messages/*",
    "threads/*",
  ),
  ...freeAtOpenAI("text is kept until a run reads it", "threads", "threads/*/messages"),
  ...freeAtOpenAI("it only describes", "assistants", "assistants/*"),
  ...paid(MODEL_WORK, "agents/sessions", "agents/sessions/*/events", "agents/sessions/*"),
  ...paid(MODEL_WORK, "agents/automations", "agents/automations/*", "agents/automations/*/invocations"),
  ...paid(MODEL_WORK, "agents/automations/*/resume"),
  ...freeAtOpenAI("it only describes", "agents/environments/templates", "agents/environments/templates/*"),
  ...freeAtOpenAI("it only describes", "agents", "agents/*"),
  ...freeAtOpenAI("a secret is kept", "vaults", "vaults/*", "vaults/*/credentials", "vaults/*/credentials/*"),
  ...paid("no price of it could be checked", "content_provenance_checks", "audio/voices"),
  ...freeAtOpenAI("somebody gives leave", "audio/voice_consents", "audio/voice_consents/*"),
  ...freeAtOpenAI("text is kept until a response reads it", "conversations", "conversations/*"),
  ...freeAtOpenAI("text is kept until a response reads it", "conversations/*/items"),
  ...freeAtOpenAI("it changes what is written about it", "chat/completions/*"),
  ...free("files are kept free of charge", "files", "uploads", "uploads/*/parts", "uploads/*/complete"),
  ...freeAtOpenAI("instructions are kept", "skills", "skills/*", "skills/*/versions"),
  ...freeAtOpenAI("it only says where to tell of events", "webhook_endpoints", "webhook_endpoints/*"),
  ...freeAtOpenAI("it only says where to tell of events", "webhook_endpoints/*/test"),
  ...freeAtOpenAI("it only says where to tell of events", "webhook_endpoints/*/rotate_secret"),
  ...freeAtOpenAI("it runs an organisation", ...ORGANIZATION_PATHS),
];
