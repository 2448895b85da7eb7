import { InvalidOptionError } from "@wflo/core";

/**
 * A text that must come back as it was written, such as a name. Unlike labels it is not cleaned, which could make two names one.
 * Throws `InvalidOptionError` for characters that PostgreSQL cannot store: U+0000 and lone surrogates.
 */
export function exactText(what: string, text: string): string {
  if (!text.includes("\u0000") && text.isWellFormed()) return text;
  throw new InvalidOptionError(
    `The ${what} ${JSON.stringify(text)} holds a character that PostgreSQL cannot store.`,
  );
}
