import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import type { CheckpointChoice } from "./lineage.ts";

const KEYS = new Set(["id", "name", "version"]);

/** A text names a checkpoint; nothing means the latest. Throws `InvalidOptionError` for what chooses nothing. */
export function choiceOf(which: string | CheckpointChoice | undefined): CheckpointChoice {
  if (which === undefined) return {};
  if (typeof which === "string" && which !== "") return { name: which };
  const isChoice =
    typeof which === "object" &&
    which !== null &&
    Object.keys(which).every((key) => KEYS.has(key)) &&
    isTextOrNothing(which.id) &&
    isTextOrNothing(which.name) &&
    (which.version === undefined || (Number.isInteger(which.version) && which.version > 0));
  if (isChoice) return which;
  throw new InvalidOptionError(
    'A checkpoint is chosen by its name ("notes"), or by { name, version, id } with a version from 1; left out, it is the latest.',
  );
}

/** What a choice means, for sentences. */
export function describeChoice({ id, name, version }: CheckpointChoice): string {
  if (id !== undefined) return `with the id ${id}`;
  const of = name === undefined ? "" : `named "${name}"`;
  return version === undefined ? of || "at all" : `number ${version} ${of}`.trim();
}

function isTextOrNothing(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && value !== "");
}
