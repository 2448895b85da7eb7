import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** The options, or none. Throws `InvalidOptionError` for what are no options. `what` begins the sentence. */
export function checkOptions<Options extends object>(
  what: string,
  options: Options | undefined,
): Partial<Options> {
  if (options === undefined) return {};
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return options;
  throw new InvalidOptionError(`${what} are an object, such as { … }, or left out.`);
}
