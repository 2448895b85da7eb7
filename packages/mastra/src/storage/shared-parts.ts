import { isLongJson, sameJson, signatureOf } from "./same-json.ts";

/** Stands for a part that is the output of a step, or the input of the workflow (`0`). */
const OUTPUT_OF = "$outputOf";
/** Stands around a part that looks like one of these two. */
const LITERAL = "$literal";
/** Shorter parts are written twice. Characters. */
const MIN_CHARACTERS = 64;
/** So many parts that look alike are compared. */
const MAX_ALIKE = 8;

type Context = Readonly<Record<string, unknown>>;

/**
 * The parts of a state as they are written: what a step was given is most often the output of the one before, and the result of the
 * workflow that of its last step. They are written once.
 */
export function withoutCopies({ context, result }: { readonly context: Context; readonly result: unknown }): {
  readonly context: Context;
  readonly result: unknown;
} {
  const sources = new Sources();
  for (const [step, value] of Object.entries(context)) {
    if (step === "input") sources.add(0, value);
    else sources.add(step, partOf(value, "output"));
  }
  const written = (part: unknown): unknown => {
    const source = sources.find(part);
    if (source !== undefined) return { [OUTPUT_OF]: source };
    return isMark(part) ? { [LITERAL]: part } : part;
  };
  return { context: eachPayload(context, written), result: written(result) };
}

/** The parts that were written, each made anew. */
export function withCopies({ context, result }: { readonly context: Context; readonly result: unknown }): {
  readonly context: Context;
  readonly result: unknown;
} {
  const read = (part: unknown): unknown => {
    if (!isMark(part)) return part;
    if (Object.hasOwn(part, LITERAL)) return part[LITERAL];
    const source = part[OUTPUT_OF];
    const made =
      typeof source === "string" ? partOf(ownOf(context, source), "output") : ownOf(context, "input");
    return structuredClone(made);
  };
  return { context: eachPayload(context, read), result: read(result) };
}

function eachPayload(context: Context, change: (payload: unknown) => unknown): Context {
  const entries = Object.entries(context).map(([step, value]) => {
    const payload = step === "input" ? undefined : partOf(value, "payload");
    const next = payload === undefined ? payload : change(payload);
    return [step, next === payload ? value : { ...(value as object), payload: next }] as const;
  });
  return Object.fromEntries(entries);
}

/** What looks like a mark of this file. */
function isMark(part: unknown): part is Readonly<Record<string, unknown>> {
  if (typeof part !== "object" || part === null) return false;
  const [key, ...others] = Object.keys(part);
  return others.length === 0 && (key === OUTPUT_OF || key === LITERAL);
}

/** Undefined where there is none, and for a list, whose items have no such part. */
function partOf(value: unknown, key: "output" | "payload"): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? ownOf(value, key) : undefined;
}

function ownOf(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value as unknown;
}

/** Where parts come from that others may be the same as. */
class Sources {
  readonly #bySignature = new Map<string, { readonly source: string | 0; readonly made: unknown }[]>();

  add(source: string | 0, made: unknown): void {
    if (!isLongJson(made, MIN_CHARACTERS)) return;
    const signature = signatureOf(made);
    const alike = this.#bySignature.get(signature);
    if (alike === undefined) this.#bySignature.set(signature, [{ source, made }]);
    else if (alike.length < MAX_ALIKE) alike.push({ source, made });
  }

  find(part: unknown): string | 0 | undefined {
    if (!isLongJson(part, MIN_CHARACTERS)) return undefined;
    const alike = this.#bySignature.get(signatureOf(part));
    return alike?.find(({ made }) => sameJson(made, part))?.source;
  }
}
