import type { Grant } from "@wflo/core";
import { writtenCapFields, type CapField } from "./cap-field.ts";
import type { PricedApi } from "./endpoint.ts";
import type { Body } from "./native-request.ts";

/** A body on its way out. */
export interface OutgoingBody {
  readonly text: string;
  /** True when usage is asked for on wflo's behalf, so that the caller does not expect it. */
  readonly injectsUsage: boolean;
}

/** Under this key a wrapper leaves what the caller asked for, for a wrapper inside. */
const WRITTEN = Symbol("wflo.written");

type Init = RequestInit & { [WRITTEN]?: { readonly asked: string; readonly text: string } };

/** The body as the caller wrote it: a cap that a wrapper around has added is not the caller's own. */
export function askedBody(init: Init): RequestInit["body"] {
  const written = init[WRITTEN];
  return written !== undefined && written.text === init.body ? written.asked : init.body;
}

/** Puts the outgoing body in place of the one that the caller asked with. */
export function writeBody(init: Init, asked: string, text: string): void {
  init.body = text;
  init[WRITTEN] = { asked, text };
}

/** The JSON object in a request's body; undefined when it is anything else. */
export function parseBody(text: unknown): Body | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

/** What a body is written for. */
interface Addressee {
  readonly api: PricedApi;
  readonly capField: CapField;
  /** The usage of a stream may be asked for. */
  readonly asksUsage: boolean;
}

/** The body as it goes out: the same text, unless usage has to be asked for or an output cap was granted. */
export function outgoingBody(
  { api, capField, asksUsage }: Addressee,
  text: string,
  grant: Grant,
): OutgoingBody {
  const body = parseBody(text) ?? {};
  const injectsUsage = asksUsage && needsUsageOption(api, body);
  const cap = grant.maxOutputTokens;
  if (!injectsUsage && cap === undefined) return { text, injectsUsage };
  const streamOptions = body["stream_options"] as object | null | undefined;
  const changed = {
    ...body,
    ...(injectsUsage ? { stream_options: { ...streamOptions, include_usage: true } } : {}),
    ...(cap === undefined ? {} : cappedFields(api, capField, body, cap)),
  };
  return { text: JSON.stringify(changed), injectsUsage };
}

/** The cap in each field that the caller wrote, or a wrapper around, unless that says less already; else in `capField`. */
function cappedFields(api: PricedApi, capField: CapField, body: Body, cap: number): Record<string, number> {
  const written = writtenCapFields(api, body);
  if (written.length === 0) return { [capField]: cap };
  // What is no cap, such as -1, is above any.
  const least = (field: CapField) => {
    const told = body[field] === "" ? NaN : Number(body[field]);
    return told >= 0 && told < cap ? told : cap;
  };
  return Object.fromEntries(written.map((field) => [field, least(field)]));
}

/** Streams of chats and completions tell their usage only when asked. */
function needsUsageOption(api: PricedApi, body: Body): boolean {
  const options = body["stream_options"] as { include_usage?: unknown } | null | undefined;
  const isAsked = api === "chat" || api === "completions";
  return isAsked && body["stream"] === true && options?.include_usage !== true;
}
