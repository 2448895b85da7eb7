import { InvalidOptionError, noParent, parentCircle } from "@wflo/core";

/** Throws `InvalidOptionError` for what the functions of the schema refuse to set. `what` begins the sentence. */
export function throwRefusal(
  answer: unknown,
  what: string,
  { timeZone, parent = "" }: { readonly timeZone: string; readonly parent?: string | undefined },
): void {
  switch ((answer as { readonly refusal?: "zone" | "parent" | "circle" }).refusal) {
    case undefined:
      return;
    case "zone":
      throw new InvalidOptionError(
        `${what}: the database knows no time zone "${timeZone}". Write another name of it, or update the server's time zones.`,
      );
    case "parent":
      throw new InvalidOptionError(noParent(what, parent));
    case "circle":
      throw new InvalidOptionError(parentCircle(what, parent));
  }
}
