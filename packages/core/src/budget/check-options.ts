import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** Every option by its name: the compiler asks for each. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * The options, or none. Throws `InvalidOptionError` for what are no options and for one that there is not: behind a misspelled `budget` calls
 * would have no limit. `what` begins the sentences.
 */
export function checkOptions<Options extends object>(
  what: string,
  options: Options | undefined,
  names: OptionNames<Options>,
): Partial<Options> {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(`${what} are an object, such as { … }, or left out.`);
  }
  checkNames(what, options, names);
  return options;
}

/** Throws `InvalidOptionError` for an option that there is not. `what` begins the sentence. */
export function checkNames<Options extends object>(
  what: string,
  options: Options,
  names: OptionNames<Options>,
): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name) || options[name as keyof Options] === undefined) continue;
    throw new InvalidOptionError(`${what}: there is no "${name}"; ${listed(Object.keys(names))}.`);
  }
}

function listed(names: readonly string[]): string {
  return `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
}
