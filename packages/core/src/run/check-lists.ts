import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** Throws `InvalidOptionError` for a list of texts, by its name, that is none. */
export function checkLists(lists: Readonly<Record<string, unknown>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (list !== undefined && !isListOfTexts(list))
      throw new InvalidOptionError(`${name} are a list of texts.`);
  }
}

function isListOfTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((text) => typeof text === "string" && text !== "");
}
