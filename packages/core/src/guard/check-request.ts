import { checkName } from "../budget/check-name.ts";
import { checkNames } from "../budget/check-options.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { usd } from "../money/money.ts";
import { GUARD_REQUEST, type GuardRequest, type RequestPart } from "./guard-request.ts";

/** Names of threads and paths of steps are at most so long. Characters. */
const MAX_PLACE = 1_000;
const PARTS = new Set(["text", "opaque", "tokens", "uses", "unbounded"]);
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Throws `InvalidOptionError` for what is no request, or no attempt at one, before money is held for it. */
export function checkAsked(request: unknown, attempt: unknown): void {
  if (typeof request !== "object" || request === null) {
    throw new InvalidOptionError("A call needs its request first: { provider, model, parts: [text, …] }.");
  }
  if (typeof attempt !== "function") {
    throw new InvalidOptionError(
      "A call needs its attempt: a function that sends the request, and returns { value, usage }.",
    );
  }
}

/** Throws `InvalidOptionError`, or `InvalidAmountError` for a price, where the cost of a request cannot be thought about. */
export function checkRequest(request: GuardRequest): void {
  const { provider, model, parts, maxOutputTokens, outputs, attempts, timeoutMs } = request;
  checkNames("The request of a call", request, GUARD_REQUEST);
  checkName("The provider of a call", provider);
  checkName("The model of a call", model);
  if (request.agent !== undefined) checkName("The agent of a call", request.agent);
  checkPlace(request);
  if (request.budgets !== undefined && !Array.isArray(request.budgets))
    throw new InvalidOptionError('The budgets of a call are a list of ids, such as ["user/42"].');
  if (!Array.isArray(parts)) throw new InvalidOptionError("A call needs its parts: [text, …].");
  for (const part of parts) checkPart(part);
  if (maxOutputTokens !== undefined && !isCount(maxOutputTokens)) {
    throw new InvalidOptionError(`maxOutputTokens is a whole number of tokens, not ${maxOutputTokens}.`);
  }
  if (outputs !== undefined && (!isCount(outputs) || outputs === 0)) {
    throw new InvalidOptionError(`outputs is a whole number of answers, not ${outputs}.`);
  }
  if (attempts !== undefined && (!isCount(attempts) || attempts === 0)) {
    throw new InvalidOptionError(`attempts is a whole number of times, not ${attempts}.`);
  }
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    throw new InvalidOptionError(`timeoutMs is a number of milliseconds, not ${timeoutMs}.`);
  }
  checkCharging(request);
  checkHandling(request);
}

function checkPlace({ place, step }: GuardRequest): void {
  for (const [name, text] of Object.entries({ step, ...place }) as [string, unknown][]) {
    if (text === undefined) continue;
    if (typeof text !== "string" || text === "" || text.length > MAX_PLACE || CONTROL.test(text)) {
      throw new InvalidOptionError(
        `The ${name} of a call's place is a text of 1 to ${MAX_PLACE} characters without control characters.`,
      );
    }
  }
}

function checkPart(part: RequestPart): void {
  if (typeof part === "string") return;
  const text: unknown = part?.kind === "text" ? part.text : part?.what;
  if (typeof text !== "string" || !PARTS.has(part.kind)) {
    throw new InvalidOptionError(
      'A part of a request is a text, { kind: "text", text } or { kind: "opaque" | "tokens" | "uses" | "unbounded", what }.',
    );
  }
  if (part.kind === "opaque" && part.key !== undefined && typeof part.key !== "string") {
    throw new InvalidOptionError(
      `The key of an opaque part is a text that stands for its content, not a ${typeof part.key}.`,
    );
  }
  if ((part.kind === "tokens" || part.kind === "uses") && !isCount(part.atMost)) {
    throw new InvalidOptionError(
      `atMost of a part of kind "${part.kind}" is a whole number, not ${part.atMost}.`,
    );
  }
}

/** What a call goes on from, and what its reader gets when it is cut. */
function checkHandling({ follows, onCut }: GuardRequest): void {
  if (follows !== undefined && (typeof follows !== "string" || follows === "")) {
    throw new InvalidOptionError(
      `follows is the provider's id of an earlier answer, not ${follows === "" ? "an empty text" : String(follows)}.`,
    );
  }
  if (onCut !== undefined && onCut !== "error" && onCut !== "truncate") {
    throw new InvalidOptionError(`onCut is "error" or "truncate", not ${String(onCut)}.`);
  }
}

/** How a call is charged: by an estimate, or by one of `hold`, `price` and `record`. */
function checkCharging({ hold, price, tool, record }: GuardRequest): void {
  if (tool !== undefined && typeof tool !== "boolean") {
    throw new InvalidOptionError(`tool is true for a call of a tool, not ${String(tool)}.`);
  }
  if (record !== undefined && typeof record !== "boolean") {
    throw new InvalidOptionError(`record is true where the request cannot be seen, not ${String(record)}.`);
  }
  if (price !== undefined) usd(price);
  if (price !== undefined && hold !== undefined) {
    throw new InvalidOptionError("A call with a price holds that price: leave hold out.");
  }
  if (record !== true) return;
  if (price !== undefined) {
    throw new InvalidOptionError("A call with a price is charged that price: leave record out.");
  }
  if (hold !== undefined) {
    throw new InvalidOptionError("A call that is only recorded holds nothing: leave hold out, or record.");
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
