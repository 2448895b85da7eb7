import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** What wflo logs through: `console`, pino and most loggers fit. */
export interface Logger {
  debug?(message: string, fields?: object): void;
  info?(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Says nothing. */
export const silentLogger: Logger = { warn() {}, error() {} };

/** The default: warnings and errors on the console, nothing else. */
export const consoleLogger: Logger = {
  warn: (message, fields) => (fields ? console.warn(message, fields) : console.warn(message)),
  error: (message, fields) => (fields ? console.error(message, fields) : console.error(message)),
};

/** A logger that breaks nothing when it throws itself. Throws `InvalidOptionError` for one that would swallow every warning. */
export function guardedLogger(logger: Logger): Required<Logger> {
  if (typeof logger.warn !== "function" || typeof logger.error !== "function") {
    throw new InvalidOptionError(
      "The option logger takes an object with warn(message, fields) and error(message, fields), such as console, or false.",
    );
  }
  const call = (level: keyof Logger) => (message: string, fields?: object) => {
    try {
      logger[level]?.(message, fields);
    } catch {
      // A broken logger must not stop paid work, and there is nowhere left to report it.
    }
  };
  return { debug: call("debug"), info: call("info"), warn: call("warn"), error: call("error") };
}
