import { encode } from "../checkpoint/codec.ts";
import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import type { ValueCodec } from "./workflow-target.ts";

/** A value that can be saved: itself, or what the codec of a framework makes of it. `what` is for errors. Throws `UnsavableValueError`. */
export async function savable(codec: ValueCodec | undefined, value: unknown, what: string): Promise<unknown> {
  if (codec === undefined) return value;
  try {
    encode(value, what);
    return value;
  } catch (error) {
    if (!(error instanceof UnsavableValueError)) throw error;
    return codec.write(value);
  }
}
