import { WfloError } from "./wflo-error.ts";

/** A value does not survive being saved and read back. Plain data, Date, Map, Set, bigint, bytes and Error do. */
export class UnsavableValueError extends WfloError {
  readonly path: string;
  /** Why, as in `it contains itself`. */
  readonly what: string;

  constructor(path: string, what: string) {
    super(
      "WFLO_UNSAVABLE_VALUE",
      `${path} cannot be saved: ${what}. Return plain data, Date, Map, Set, bigint, bytes or Error.`,
    );
    this.path = path;
    this.what = what;
  }
}
