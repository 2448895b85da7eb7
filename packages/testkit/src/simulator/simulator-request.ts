/** One request as the simulator received it. */
export interface SimulatorRequest {
  readonly api: "chat" | "responses";
  readonly model: string;
  readonly stream: boolean;
  readonly body: Record<string, unknown>;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** `messages` of chat; `input` of responses, where a text becomes one user message. */
  readonly messages: readonly unknown[];
  readonly maxOutputTokens?: number;
  /** 0 for the first request of this simulator. */
  readonly index: number;
}

/** Reads a request's body into what a reply function looks at. */
export function readRequest(
  api: SimulatorRequest["api"],
  body: Record<string, unknown>,
  headers: Record<string, string>,
  index: number,
): SimulatorRequest {
  const cap =
    api === "chat" ? (body["max_completion_tokens"] ?? body["max_tokens"]) : body["max_output_tokens"];
  return {
    api,
    model: typeof body["model"] === "string" ? body["model"] : "",
    stream: body["stream"] === true,
    body,
    headers,
    messages: messagesOf(api === "chat" ? body["messages"] : body["input"]),
    ...(typeof cap === "number" ? { maxOutputTokens: cap } : {}),
    index,
  };
}

function messagesOf(input: unknown): readonly unknown[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  return Array.isArray(input) ? input : [];
}
