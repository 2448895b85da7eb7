import { WfloError } from "./wflo-error.ts";

/** An option has a value that cannot mean anything. */
export class InvalidOptionError extends WfloError {
  constructor(message: string) {
    super("WFLO_INVALID_OPTION", message);
  }
}
