import { isStreamResult } from "../pricing/usage/usage-of-response-stream.ts";

/** By which methods together clients, sockets, emitters, observables and timers are told from data. */
const LIVE_METHODS: readonly (readonly string[])[] = [
  ["fetch"],
  ["on", "emit"],
  ["addEventListener"],
  ["subscribe", "pipe"],
  ["ref", "unref"],
  ["connect", "close"],
  ["connect", "end"],
  ["connect", "disconnect"],
  ["$connect", "$disconnect"],
];

/** Whether an object is none of a class: a literal, or one without a prototype. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether something is read by and by: an iterator, or a stream of any kind. Reads nothing of it. */
export function isStream(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Symbol.asyncIterator in value || hasMethod(value, "getReader")) return true;
  if (Symbol.iterator in value && hasMethod(value, "next")) return true;
  return !isPlainObject(value) && isStreamResult(value);
}

/** Whether an object is bound to this process: a stream, a promise, a client, a socket, an emitter. Calls no getter. */
export function isLiveResource(value: object): boolean {
  if (isStream(value) || hasMethod(value, "then") || hasMethod(value, "guardCall")) return true;
  return !isPlainObject(value) && LIVE_METHODS.some((names) => names.every((name) => hasMethod(value, name)));
}

function hasMethod(value: object, name: string): boolean {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return typeof found.value === "function";
  }
  return false;
}
