import { InvalidOptionError } from "../errors/invalid-option-error.ts";

const MAX_NAME = 200;

/** Throws `InvalidOptionError` for what cannot name a budget, a tenant, a workflow or a tag. `what` begins the sentence. */
export function checkName(what: string, name: unknown): void {
  if (
    typeof name !== "string" ||
    name === "" ||
    name.length > MAX_NAME ||
    /[\u0000-\u001f\u007f]/.test(name) ||
    !name.isWellFormed()
  ) {
    throw new InvalidOptionError(
      `${what} is a text of 1 to ${MAX_NAME} characters without control characters.`,
    );
  }
}
