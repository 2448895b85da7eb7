import { WfloError } from "@wflo/core";

/** A filter of a search cannot mean anything; nothing was searched. */
export class InvalidFilterError extends WfloError {
  /** Which part of the filter. */
  readonly path: string;

  constructor(path: string, what: string) {
    super("WFLO_INVALID_FILTER", `The filter cannot be used: ${path} ${what}.`);
    this.path = path;
  }
}
