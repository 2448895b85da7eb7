import { WfloError } from "@wflo/core";

/** The value of an item is not JSON, or too large; nothing of its batch was put. */
export class UnsavableItemError extends WfloError {
  /** Where in the value it is: keys and places. */
  readonly path: string;

  constructor(path: string, what: string) {
    super("WFLO_UNSAVABLE_ITEM", `The item cannot be put: ${path} ${what}.`);
    this.path = path;
  }
}
