import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** Names and keys longer than this are refused. Characters. */
const MAX_NAME = 200;
/** Paths longer than this are refused: they are keys in a database. Bytes. */
const MAX_PATH = 1_000;

/** How a step is named: by its name, or with a key where the same name occurs more than once. */
export type StepName = string | { readonly name: string; readonly key?: string | number | undefined };

/** The identity of a step in its run: the steps and agents around it, its name, its key. Separators and control characters are escaped. */
export function stepPath(parent: string | undefined, step: StepName): string {
  if (typeof step !== "string" && (typeof step !== "object" || step === null)) {
    throw new InvalidOptionError(
      'A step is named by a text, or by { name, key }: run.step("plan", () => …).',
    );
  }
  const { name, key } = typeof step === "string" ? { name: step, key: undefined } : step;
  if (typeof name !== "string" || name.length === 0 || name.length > MAX_NAME) {
    throw new InvalidOptionError(`A step needs a name of 1 to ${MAX_NAME} characters.`);
  }
  const own = key === undefined ? escape(name) : `${escape(name)}:${escape(keyText(name, key))}`;
  const path = parent === undefined ? own : `${parent}/${own}`;
  if (new TextEncoder().encode(path).length > MAX_PATH) {
    throw new InvalidOptionError(
      `Steps are nested too deep: the path ${path.slice(0, 80)}… is longer than ${MAX_PATH} bytes.`,
    );
  }
  return path;
}

/** The names along a path, outermost first, each with its key: `researcher:bees`. */
export function namesOfPath(path: string): string[] {
  return path
    .split("/")
    .map((name) =>
      name.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    );
}

function keyText(name: string, key: string | number): string {
  if (typeof key !== "string" && typeof key !== "number") {
    throw new InvalidOptionError(`The key of step ${name} is a text or a number, not ${typeof key}.`);
  }
  const text = String(key);
  if (text.length <= MAX_NAME) return text;
  throw new InvalidOptionError(
    `The key of step ${name} is longer than ${MAX_NAME} characters: give it a shorter one.`,
  );
}

function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[%/:\u0000-\u001f\u007f]/g,
      (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
}
