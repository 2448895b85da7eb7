import { eventsOf, type AnswerEvents } from "./events-of.ts";
import { NativeAnswer } from "./native-answer.ts";
import { isNothing, measuredResponse } from "./usage-of-response.ts";
import { fieldsOf, type Fields } from "./usage-of-response-fields.ts";
import type { Usage } from "./usage.ts";

/** An answer as a provider gave it: a body, or what a stream was made of. */
export interface AnswerToRead {
  /** The body, as a value or as text. */
  readonly body?: unknown;
  /** The events of a stream, in place of a body. */
  readonly events?: AnswerEvents | undefined;
  /** The API it came from, such as `chat.completions`; the shape of the answer tells it too, but for some that only tell a length. */
  readonly api?: string | undefined;
  /** HTTP status, where it is known. */
  readonly status?: number | undefined;
}

/** What an answer says of its price. */
export type ReadAnswer =
  | {
      readonly kind: "measured";
      readonly usage: Usage;
      readonly model: string | undefined;
      readonly serviceTier: string | undefined;
      /** When it was made, by its own word. */
      readonly madeAt: Date | undefined;
    }
  /** An error in place of an answer, for which nothing is billed. */
  | { readonly kind: "rejected"; readonly reason: string }
  /** Something was made, and nobody can read of it what it cost. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Statuses after which the provider may still have worked. */
const MAY_HAVE_WORKED = new Set([408, 504, 524]);

/** APIs that write audio down. */
const WRITES_DOWN = /transcri|translat/i;

/** Reads what an answer says of its price. Never throws, whatever it is given. */
export function readAnswer({ body: raw, events, status, api = "" }: AnswerToRead): ReadAnswer {
  try {
    const body = WRITES_DOWN.test(api) ? withLength(raw) : raw;
    const pieces = events ?? (typeof body === "string" || Array.isArray(body) ? body : undefined);
    return pieces === undefined ? ofBody(body, status) : ofEvents(eventsOf(pieces), status);
  } catch {
    return { kind: "unknown", reason: "the answer cannot be read" };
  }
}

function ofEvents(events: readonly unknown[], status: number | undefined): ReadAnswer {
  const [only] = events;
  if (events.length === 1) return ofBody(only, status);
  const answer = new NativeAnswer();
  for (const event of events) answer.note(event);
  const told = answer.told();
  const last = fieldsOf(events.at(-1));
  if (answer.isCut) return CUT;
  if (told && !isNothing(told.usage)) return measured(told, answer.body());
  // Frameworks tell the usage of a stream in its last event.
  const summed = last && measuredResponse(last);
  if (summed && !isNothing(summed.usage)) return measured(summed, last);
  if (told) return { kind: "unknown", reason: NOTHING_COUNTED };
  if (answer.hasFailed && !answer.hasContent) return failed(status);
  if (answer.hasFailed) return { kind: "unknown", reason: "it broke off with an error, before its usage" };
  return { kind: "unknown", reason: "the stream has no usage: it was cut, or was not asked to tell it" };
}

const CUT = { kind: "unknown", reason: "it broke off before it told its whole usage" } as const;
const NOTHING_COUNTED = "its usage counts nothing at all";

function ofBody(body: unknown, status: number | undefined): ReadAnswer {
  const response = fieldsOf(body);
  const found = response && measuredResponse(response);
  const message = response?.["type"] === "message" ? response : fieldsOf(response?.["message"]);
  if (message?.["type"] === "message" && message["stop_reason"] === null) return CUT;
  if (found && !isNothing(found.usage)) return measured(found, response);
  if (isError(response, status)) return failed(status);
  if (found) return { kind: "unknown", reason: NOTHING_COUNTED };
  return { kind: "unknown", reason: "there is no usage in it that can be read" };
}

function isError(response: Fields | undefined, status: number | undefined): boolean {
  if (status !== undefined && status >= 400) return true;
  if (response === undefined) return false;
  const hasContent = ["choices", "candidates", "output", "content", "data"].some((name) => {
    const made = response[name];
    return Array.isArray(made) ? made.length > 0 : made != null;
  });
  const isTold = response["error"] != null || response["type"] === "error" || response["status"] === "failed";
  return isTold && !hasContent;
}

function failed(status: number | undefined): ReadAnswer {
  return status !== undefined && MAY_HAVE_WORKED.has(status)
    ? { kind: "unknown", reason: `after HTTP ${status} the provider may still have worked` }
    : { kind: "rejected", reason: "an error, for which nothing is billed" };
}

function measured(
  told: {
    readonly usage: Usage;
    readonly model?: string | undefined;
    readonly serviceTier?: string | undefined;
  },
  body: Fields,
): ReadAnswer {
  const { usage, model, serviceTier } = told;
  return { kind: "measured", usage, model, serviceTier, madeAt: madeAt(body) };
}

/** When an answer was made, where it says so in words that are known here. */
function madeAt(body: Fields): Date | undefined {
  const told = body["created"] ?? body["created_at"] ?? body["createTime"];
  const at =
    typeof told === "number" ? new Date(told * 1_000) : new Date(typeof told === "string" ? told : NaN);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** Verbose answers tell how long the audio is where they tell no usage. */
function withLength(body: unknown): unknown {
  const { usage, duration } = fieldsOf(body) ?? {};
  return usage == null && typeof duration === "number"
    ? { ...fieldsOf(body), usage: { type: "duration", seconds: duration } }
    : body;
}
