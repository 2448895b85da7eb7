import { checkName } from "../budget/check-name.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import type { GuardRequest } from "./guard-request.ts";

/** Throws `InvalidOptionError` for a request whose cost cannot be thought about. */
export function checkRequest(request: GuardRequest): void {
  const { provider, model, parts, maxOutputTokens, outputs, timeoutMs } = request;
  checkName("The provider of a call", provider);
  checkName("The model of a call", model);
  if (request.agent !== undefined) checkName("The agent of a call", request.agent);
  if (!Array.isArray(parts)) throw new InvalidOptionError("A call needs its parts: [text, …].");
  if (maxOutputTokens !== undefined && !isCount(maxOutputTokens)) {
    throw new InvalidOptionError(`maxOutputTokens is a whole number of tokens, not ${maxOutputTokens}.`);
  }
  if (outputs !== undefined && (!isCount(outputs) || outputs === 0)) {
    throw new InvalidOptionError(`outputs is a whole number of answers, not ${outputs}.`);
  }
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    throw new InvalidOptionError(`timeoutMs is a number of milliseconds, not ${timeoutMs}.`);
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
