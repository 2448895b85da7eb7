/**
 * What turns one written value into another: `[0, value]` puts another one there, `[1, …]` walks along a list, `[2, changes, order]`
 * changes keys of an object, `[3, text]` is put at the end of a text. Plain JSON.
 */
export type Patch =
  | readonly [kind: 0, value: unknown]
  | readonly [kind: 1, ...steps: ListStep[]]
  | readonly [kind: 2, changes: readonly KeyChange[], order?: Patch]
  | readonly [kind: 3, added: string];

/** `n` keeps as many items, `-n` drops them, a list is put in, and `p` changes the next item. What is not named at the end is kept. */
export type ListStep = number | readonly unknown[] | { readonly p: Patch };

/** A key without a patch is taken away. */
export type KeyChange = readonly [key: string, patch?: Patch];

/** How far ahead items are looked for that were put in or taken away. */
const NEAR = 4;

/** The patch from one written value to another; undefined when they are the same, order of keys included. */
export function patchOf(old: unknown, next: unknown): Patch | undefined {
  if (Object.is(old, next)) return undefined;
  if (Array.isArray(old) && Array.isArray(next)) return listPatch(old, next);
  if (isRecord(old) && isRecord(next)) return recordPatch(old, next);
  if (typeof old === "string" && typeof next === "string" && old !== "" && next.startsWith(old)) {
    return [3, next.slice(old.length)];
  }
  return [0, next];
}

/** The patch from one list to another. Linear: items are looked for a few places ahead, not everywhere. */
export function listPatch(old: readonly unknown[], next: readonly unknown[]): Patch | undefined {
  const steps = new Steps();
  let at = 0;
  for (let index = 0; index < next.length; index++) {
    if (at >= old.length) {
      steps.insert(next[index]);
      continue;
    }
    const shift = sameJson(old[at], next[index]) ? 0 : shiftAt(old, at, next, index);
    if (shift === undefined) {
      steps.edit(patchOf(old[at++], next[index]));
    } else if (shift > 0) {
      steps.insert(next[index]);
    } else {
      steps.drop(-shift);
      steps.keep();
      at += 1 - shift;
    }
  }
  steps.drop(old.length - at);
  return steps.patch();
}

/** How many items were put in here, or (negative) taken away; undefined when neither is seen. */
function shiftAt(
  old: readonly unknown[],
  at: number,
  next: readonly unknown[],
  index: number,
): number | undefined {
  for (let ahead = 1; ahead <= NEAR; ahead++) {
    if (at + ahead < old.length && sameJson(old[at + ahead], next[index])) return -ahead;
    if (index + ahead < next.length && sameJson(old[at], next[index + ahead])) return ahead;
  }
  return undefined;
}

/** Steps along a list; equal ones that follow each other become one. */
class Steps {
  readonly #steps: (number | unknown[] | { p: Patch })[] = [];

  keep(): void {
    const last = this.#steps.at(-1);
    if (typeof last === "number" && last > 0) this.#steps[this.#steps.length - 1] = last + 1;
    else this.#steps.push(1);
  }

  drop(count: number): void {
    if (count > 0) this.#steps.push(-count);
  }

  insert(item: unknown): void {
    const last = this.#steps.at(-1);
    if (Array.isArray(last)) last.push(item);
    else this.#steps.push([item]);
  }

  edit(patch: Patch | undefined): void {
    if (patch === undefined) this.keep();
    else this.#steps.push({ p: patch });
  }

  patch(): Patch | undefined {
    const last = this.#steps.at(-1);
    if (typeof last === "number" && last > 0) this.#steps.pop();
    return this.#steps.length === 0 ? undefined : [1, ...this.#steps];
  }
}

function recordPatch(old: Record<string, unknown>, next: Record<string, unknown>): Patch | undefined {
  const changes: KeyChange[] = [];
  const keys = Object.keys(next);
  const kept: string[] = [];
  for (const key of Object.keys(old)) {
    if (Object.hasOwn(next, key)) kept.push(key);
    else changes.push([key]);
  }
  const added: string[] = [];
  for (const key of keys) {
    const patch: Patch | undefined = Object.hasOwn(old, key) ? patchOf(old[key], next[key]) : [0, next[key]];
    if (patch !== undefined) changes.push([key, patch]);
    if (!Object.hasOwn(old, key)) added.push(key);
  }
  // An object puts keys that are numbers first, whatever the order they came in.
  const before = Object.keys(Object.fromEntries([...kept, ...added].map((key) => [key, true])));
  const order = listPatch(before, keys);
  if (order !== undefined) return [2, changes, order];
  return changes.length === 0 ? undefined : [2, changes];
}

function sameJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, index) => sameJson(item, other[index]));
  }
  if (!isRecord(one) || !isRecord(other)) return Object.is(one, other);
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  if (keys.length !== others.length) return false;
  return keys.every((key, index) => others[index] === key && sameJson(one[key], other[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
