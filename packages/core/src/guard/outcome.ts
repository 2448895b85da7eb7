import { WfloError } from "../errors/wflo-error.ts";
import type { Answer, Outcome } from "./guard-request.ts";

/** Failures of a connection that happen before a byte of the request is sent (Node's and undici's codes). */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "HOSTNAME_MISMATCH",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_HANDSHAKE_TIMEOUT",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
  "ERR_INVALID_URL",
]);
/** What was being done when it failed: nothing is sent before a connection is there. */
const BEFORE_SENDING = new Set(["connect", "getaddrinfo", "queryA", "queryAaaa"]);
/** Node's words for a connection that ended in its handshake (`lib/_tls_wrap.js`, onConnectEnd). */
const IN_HANDSHAKE = "before secure TLS connection was established";

/** Causes are followed this far, so that a cycle ends. */
const MAX_CAUSES = 10;

/** What a code of an error looks like; anything else might be a text. */
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

const KINDS = new Set<unknown>(["answered", "rejected", "doubt", "cut"]);

/** Whether something is an outcome, by its kind: hand-written attempts and meters may tell anything. */
export function isOutcome(value: unknown): value is Outcome {
  return typeof value === "object" && value !== null && KINDS.has((value as { kind?: unknown }).kind);
}

/** The outcome of an answer in either of its forms; undefined for what is no answer. */
export function outcomeOfAnswer(answer: Answer<unknown>): Outcome | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  if ("outcome" in answer) return isOutcome(answer.outcome) ? answer.outcome : undefined;
  if (!("usage" in answer)) return undefined;
  const { usage, model, serviceTier } = answer;
  return { kind: "answered", usage, model, serviceTier };
}

/**
 * The outcome of an HTTP answer that is no success. Time-outs (408, 504) and 524 come from something in between while the
 * provider may go on working and bill it; every other refusal is free.
 */
export function outcomeOfStatus(status: number): Outcome {
  const reason = `HTTP ${status}`;
  return status === 408 || status === 504 || status === 524
    ? { kind: "doubt", reason }
    : { kind: "rejected", reason };
}

/** The outcome of an attempt that threw: free when it was never sent or was refused, else in doubt. */
export function outcomeOfError(error: unknown): Outcome {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof cause === "object" && cause !== null; depth++) {
    if (WfloError.isInstance(cause)) return { kind: "rejected", reason: cause.code };
    const { code, syscall } = cause as { code?: unknown; syscall?: unknown };
    const status = statusOf(cause);
    const { message } = cause as { message?: unknown };
    // `fetch` refuses some ports without a code of its own.
    if (cause instanceof Error && message === "bad port") return { kind: "rejected", reason: "bad port" };
    if (typeof code === "string" && (NEVER_SENT.has(code) || BEFORE_SENDING.has(String(syscall))))
      return { kind: "rejected", reason: code };
    if (typeof message === "string" && message.includes(IN_HANDSHAKE))
      return { kind: "rejected", reason: "the connection ended in its handshake" };
    if (typeof status === "number" && status >= 400 && status <= 599) return outcomeOfStatus(status);
    cause = (cause as { cause?: unknown }).cause;
  }
  return { kind: "doubt", reason: reasonOf(error) };
}

/** SDKs call it one way or the other. */
function statusOf(error: object): unknown {
  const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown };
  return statusCode;
}

/** Names and codes along the causes: messages of errors may quote a URL with a key in it, a prompt or an answer. */
function reasonOf(error: unknown): string {
  const told: string[] = [];
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    const { code } = cause as { code?: unknown };
    const isCode = typeof code === "string" && CODE.test(code);
    told.push(isCode ? `${cause.name} ${code}` : cause.name);
    cause = cause.cause;
  }
  return told.length === 0 ? "an unknown failure" : told.join(", from ").slice(0, 300);
}
