import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** Characters. */
export const MAX_NAME = 200;

/** Throws `InvalidOptionError` for what cannot name a budget, a tenant, a workflow or a tag. `what` begins the sentence. */
export function checkName(what: string, name: unknown): asserts name is string {
  if (isName(name)) return;
  throw new InvalidOptionError(
    `${what} is a text of 1 to ${MAX_NAME} characters without control characters.`,
  );
}

/** Whether it can name something. */
export function isName(name: unknown): name is string {
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME) return false;
  return !/[\u0000-\u001f\u007f]/.test(name) && name.isWellFormed();
}
