import { currentContext } from "../run/run-context.ts";

/** For adapters: what is done here is accounted for, though no call comes to a door, such as where an answer is given that was saved. */
export function noteMetered(): void {
  const { witness } = currentContext();
  if (witness !== undefined) witness.hasMet = true;
}
