import { usageOfOpenAIResponse, type Outcome } from "@wflo/core";
import { pathOf } from "./endpoint.ts";
import { countOf } from "./native-request.ts";
import { outcomeOfAnswer } from "./usage.ts";

/** Something that the provider works on by itself, and what its state means for money. */
export interface Remote {
  readonly id: string;
  /** Undefined while there is nothing to tell, or nothing that can be told. */
  readonly outcomeOf: (state: unknown) => Outcome | undefined;
}

type State = Readonly<Record<string, unknown>>;

const READERS: readonly { readonly path: RegExp; readonly outcomeOf: Remote["outcomeOf"] }[] = [
  { path: /\/responses\/([^/]+)(\/cancel)?$/, outcomeOf: ofResponse },
  { path: /\/batches\/([^/]+)(\/cancel)?$/, outcomeOf: ofBatch },
];
const RESPONSE_OVER = new Set(["completed", "incomplete", "failed", "cancelled"]);
const BATCH_OVER = new Set(["completed", "failed", "expired", "cancelled"]);

/** What a request asks about: a response, or a batch; undefined for any other request. */
export function remoteOf(method: string | undefined, url: string): Remote | undefined {
  const isPost = method?.toUpperCase() === "POST";
  if (!isPost && method !== undefined && method.toUpperCase() !== "GET") return undefined;
  for (const { path, outcomeOf } of READERS) {
    const [, id, cancels] = path.exec(pathOf(url)) ?? [];
    // A POST is a question only where it cancels.
    if (id !== undefined && isPost === (cancels !== undefined)) return { id: decoded(id), outcomeOf };
  }
  return undefined;
}

/** A page of batches as the SDK lists them, told apart; undefined for any other request. */
export function listedBatches(
  method: string | undefined,
  url: string,
): ((page: unknown) => readonly Remote[]) | undefined {
  if ((method ?? "GET").toUpperCase() !== "GET" || !pathOf(url).endsWith("/batches")) return undefined;
  return (page) => {
    const { data } = stateOf(page);
    if (!Array.isArray(data)) return [];
    return data.flatMap((batch: unknown) => {
      const { id } = stateOf(batch);
      return typeof id === "string" ? [{ id, outcomeOf: () => ofBatch(batch) }] : [];
    });
  };
}

/** What the answer to the creation of a batch means: its bill comes under its id. */
export function outcomeOfNewBatch(answer: unknown): Outcome {
  const { id } = stateOf(answer);
  const remoteId = typeof id === "string" && id !== "" ? id : undefined;
  return { kind: "doubt", reason: "its usage comes when the batch is done", remoteId };
}

function ofResponse(answer: unknown): Outcome | undefined {
  const state = stateOf(answer);
  const { status, background, error, output, usage } = state;
  // What was not made in the background was charged when it was made.
  if (background === false || !RESPONSE_OVER.has(String(status))) return undefined;
  if (usage == null) {
    const hasOutput = Array.isArray(output) && output.length > 0;
    const isRefused = status === "failed" && error != null && !hasOutput;
    return isRefused ? { kind: "rejected", reason: "the response failed" } : undefined;
  }
  const outcome = outcomeOfAnswer("responses", state);
  return outcome.kind === "answered" && outcome.usage !== undefined ? outcome : undefined;
}

function ofBatch(answer: unknown): Outcome | undefined {
  const state = stateOf(answer);
  const { status, model } = state;
  const usage = usageOfOpenAIResponse({ usage: state["usage"] });
  // Its file was refused before anything of it was run.
  if (status === "failed" && usage === undefined) return { kind: "rejected", reason: "the batch failed" };
  if (usage === undefined || !BATCH_OVER.has(String(status))) return undefined;
  const { completed } = stateOf(state["request_counts"]);
  // Answers that took nothing at all: that is no usage.
  if (usage.inputTokens + usage.outputTokens === 0 && completed !== 0) return undefined;
  return {
    kind: "answered",
    // The sum of all its requests.
    usage: { ...usage, isUnsplit: true },
    requests: countOf(completed),
    model: typeof model === "string" ? model : undefined,
    serviceTier: "batch",
  };
}

function stateOf(answer: unknown): State {
  return (typeof answer === "object" && answer !== null ? answer : {}) as State;
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
