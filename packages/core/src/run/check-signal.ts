import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** Throws `InvalidOptionError` for a signal that is none; it may be left out. */
export function checkSignal(signal: unknown): void {
  const { aborted, addEventListener } = (signal ?? new AbortController().signal) as Partial<AbortSignal>;
  if (typeof aborted === "boolean" && typeof addEventListener === "function") return;
  throw new InvalidOptionError("signal is an AbortSignal, such as new AbortController().signal.");
}
