/** Lets one turn of the event loop pass, as real input and output does between calls. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
