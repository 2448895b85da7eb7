import { parseBody } from "./request-body.ts";

/** The fields of a request's body: of its JSON, or of its form, where every value is a text. */
export type Body = Readonly<Record<string, unknown>>;

/** A file in a form; `bytes` is undefined while nobody has read it. */
export interface NativeFile {
  readonly field: string;
  readonly bytes: number | undefined;
}

/** A request as far as it can be known without reading what the caller streams. */
export interface NativeRequest {
  readonly fields: Body;
  /** The JSON text; undefined for a form. */
  readonly text: string | undefined;
  readonly files: readonly NativeFile[];
  /** False for a form that is streamed: its files, and the fields among them, are read when it is sent, and only then. */
  readonly isWhole: boolean;
}

/** What the SDK knows of a request beside its body. */
export interface RequestNotes {
  /** The model, which the SDK notes for forms. */
  readonly model?: unknown;
}

/** Reads the body of a request and takes nothing of it. Undefined for a body of another kind. */
export function readNativeRequest(
  body: RequestInit["body"],
  notes: RequestNotes = {},
): NativeRequest | undefined {
  if (typeof body === "string") {
    const fields = parseBody(body);
    return fields && { fields, text: body, files: [], isWhole: true };
  }
  if (typeof FormData === "function" && body instanceof FormData) return readForm(body);
  const isStream = typeof (body as { getReader?: unknown } | null | undefined)?.getReader === "function";
  if (!isStream) return undefined;
  const fields = typeof notes.model === "string" ? { model: notes.model } : {};
  return { fields, text: undefined, files: [{ field: "file", bytes: undefined }], isWhole: false };
}

function readForm(form: FormData): NativeRequest {
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const files: NativeFile[] = [];
  for (const [name, value] of form.entries()) {
    if (typeof value !== "string") files.push({ field: name, bytes: value.size });
    // Of a list, all values count as text.
    else fields[name] = name in fields ? `${String(fields[name])}\n${value}` : value;
  }
  return { fields, text: undefined, files, isWhole: true };
}

/** A whole number, also as the text that forms make of it; undefined for anything else. */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A text that says something; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whether the answer was asked for as a stream. */
export function isStreamed({ fields }: NativeRequest): boolean {
  return fields["stream"] === true || fields["stream"] === "true";
}
