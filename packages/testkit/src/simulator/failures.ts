import type { ServerResponse } from "node:http";
import type { SimulatorReply } from "./simulator-reply.ts";
import type { WireBody, WireError } from "./wire.ts";

const CODES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "invalid_api_key",
  403: "permission_denied",
  404: "model_not_found",
  429: "rate_limit_exceeded",
};

/** The provider's words for a status; `code` overrides the usual one. */
export function wireError(status: number, code: string | undefined): WireError {
  const type = status >= 500 ? "server_error" : status === 429 ? "rate_limit_error" : "invalid_request_error";
  return {
    message: `The simulator was told to fail with ${status}.`,
    type,
    code: code ?? CODES[status] ?? "server_error",
  };
}

/** Answers with an HTTP error, and with both headers by which a provider says when to try again. */
export function sendHttpError(response: ServerResponse, status: number, reply: SimulatorReply): void {
  const { retryAfterMs } = reply;
  if (retryAfterMs !== undefined) {
    response.setHeader("retry-after-ms", String(retryAfterMs));
    response.setHeader("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  }
  sendJson(response, status, { error: { ...wireError(status, reply.errorCode), param: null } });
}

/** Answers with one JSON body. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, "application/json", JSON.stringify(body));
}

/** Answers with one text of the type named, whatever it is. */
export function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type });
  response.end(text);
}

/** Answers with whatever an answer in one piece is. */
export function sendBody(response: ServerResponse, status: number, body: WireBody): void {
  if (typeof body === "object" && !(body instanceof Uint8Array)) return sendJson(response, status, body);
  if (typeof body === "string") return sendText(response, status, "text/plain; charset=utf-8", body);
  response.writeHead(status, { "content-type": "audio/mpeg" });
  response.end(body);
}
