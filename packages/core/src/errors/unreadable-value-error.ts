import { WfloError } from "./wflo-error.ts";

/** A saved value is of a kind that this version of wflo does not know. */
export class UnreadableValueError extends WfloError {
  readonly kind: string;

  constructor(kind: string) {
    super(
      "WFLO_UNREADABLE_VALUE",
      `A saved value of kind ${kind} cannot be read: a newer version of wflo wrote it. Update wflo here, too.`,
    );
    this.kind = kind;
  }
}
