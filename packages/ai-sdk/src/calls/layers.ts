/** Under which one layer of wflo tells the next that it has reserved the call. Kept on options, which what stands between copies. */
const LAYER: unique symbol = Symbol.for("wflo.ai-sdk.layer");

interface Layered {
  readonly [LAYER]?: true;
}

/** The same options, marked as those of a call that a layer of wflo has reserved. */
export function inLayer<Options extends object>(options: Options): Options {
  return { ...options, [LAYER]: true };
}

/** Whether a layer of wflo around has reserved the call. */
export function isInLayer(options: object): boolean {
  return (options as Layered)[LAYER] === true;
}
