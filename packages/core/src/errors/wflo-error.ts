const MARKER = Symbol.for("wflo.error");

/** The base of every error wflo throws. `code` is stable and made for programs; `message` is made for people. */
export class WfloError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** True for errors of wflo, also of another installed copy of it, where `instanceof` fails. */
  static isInstance(error: unknown): error is WfloError {
    return typeof error === "object" && error !== null && MARKER in error;
  }
}
