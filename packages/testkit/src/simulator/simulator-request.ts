import type { SimulatedApi } from "./endpoint.ts";
import type { RequestBody } from "./read-body.ts";

/** One paid request as the simulator received it. */
export interface SimulatorRequest {
  readonly api: SimulatedApi;
  /** With the query, as in `/v1/chat/completions`. */
  readonly path: string;
  /** That of the body, else the deployment in an Azure path. */
  readonly model: string;
  readonly stream: boolean;
  /** Of a form: texts, and a `File` where one was uploaded. */
  readonly body: RequestBody;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** `messages` of chat; `input` of responses, where a text becomes one user message; empty elsewhere. */
  readonly messages: readonly unknown[];
  readonly maxOutputTokens?: number;
  /** 0 for the first request of this simulator. */
  readonly index: number;
}

/** What came in over the wire. */
export interface RawRequest {
  readonly api: SimulatedApi;
  readonly path: string;
  readonly body: RequestBody;
  readonly headers: Record<string, string>;
  readonly index: number;
}

const DEPLOYMENT = /\/deployments\/([^/]+)\//;

/** Reads a request's body into what a reply function looks at. */
export function readRequest(raw: RawRequest): SimulatorRequest {
  const { api, body, path } = raw;
  const cap = capOf(api, body);
  return {
    ...raw,
    model: typeof body["model"] === "string" ? body["model"] : (DEPLOYMENT.exec(path)?.[1] ?? ""),
    // A form has texts only.
    stream: body["stream"] === true || body["stream"] === "true" || body["stream_format"] === "sse",
    messages: messagesOf(api, body),
    ...(typeof cap === "number" ? { maxOutputTokens: cap } : {}),
  };
}

function capOf(api: SimulatedApi, body: RequestBody): unknown {
  if (api === "chat") return body["max_completion_tokens"] ?? body["max_tokens"];
  if (api === "completions") return body["max_tokens"];
  return api === "responses" ? body["max_output_tokens"] : undefined;
}

function messagesOf(api: SimulatedApi, body: RequestBody): readonly unknown[] {
  if (api === "chat") return listOf(body["messages"]);
  if (api !== "responses" && api !== "compact") return [];
  const input = body["input"];
  return typeof input === "string" ? [{ role: "user", content: input }] : listOf(input);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
