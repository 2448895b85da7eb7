/** The endpoints whose answers cost something. */
export type SimulatedApi =
  | "chat"
  | "responses"
  | "compact"
  | "completions"
  | "embeddings"
  | "images"
  | "transcriptions"
  | "translations"
  | "speech"
  | "batches";

/** What a request asks the simulator for. */
export type Endpoint =
  /** A paid answer. */
  | { readonly kind: "paid"; readonly api: SimulatedApi }
  /** A look at work that goes on without the client, or its end. */
  | { readonly kind: "job"; readonly verb: "get" | "cancel"; readonly id: string }
  | { readonly kind: "batch-list" }
  | { readonly kind: "file"; readonly verb: "create" | "get" | "content"; readonly id: string };

const PAID: readonly (readonly [RegExp, SimulatedApi])[] = [
  [/\/chat\/completions$/, "chat"],
  [/\/completions$/, "completions"],
  [/\/responses$/, "responses"],
  [/\/responses\/compact$/, "compact"],
  [/\/embeddings$/, "embeddings"],
  [/\/images\/(?:generations|edits|variations)$/, "images"],
  [/\/audio\/transcriptions$/, "transcriptions"],
  [/\/audio\/translations$/, "translations"],
  [/\/audio\/speech$/, "speech"],
  [/\/batches$/, "batches"],
];
const JOB = /\/(?:responses|batches)\/([^/]+)$/;
const CANCEL = /\/(?:responses|batches)\/([^/]+)\/cancel$/;
const FILE = /\/files\/([^/]+)$/;
const FILE_CONTENT = /\/files\/([^/]+)\/content$/;

/** Tells what a request is by the end of its path, whatever base it has; undefined for what is not simulated here. */
export function endpointOf(method: string, path: string): Endpoint | undefined {
  if (method === "POST") {
    const paid = PAID.find(([pattern]) => pattern.test(path));
    if (paid) return { kind: "paid", api: paid[1] };
    const cancelled = CANCEL.exec(path)?.[1];
    if (cancelled !== undefined) return { kind: "job", verb: "cancel", id: cancelled };
    return path.endsWith("/files") ? { kind: "file", verb: "create", id: "" } : undefined;
  }
  if (method !== "GET") return undefined;
  if (path.endsWith("/batches")) return { kind: "batch-list" };
  const content = FILE_CONTENT.exec(path)?.[1];
  if (content !== undefined) return { kind: "file", verb: "content", id: content };
  const job = JOB.exec(path)?.[1];
  if (job !== undefined) return { kind: "job", verb: "get", id: job };
  const file = FILE.exec(path)?.[1];
  return file === undefined ? undefined : { kind: "file", verb: "get", id: file };
}
