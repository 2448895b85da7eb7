/** A request's body: the JSON object, or the fields of a form, where a name that comes more than once has a list. */
export type RequestBody = Record<string, unknown>;

/** Reads a body of JSON or `multipart/form-data`; undefined for anything else. */
export async function readBody(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<RequestBody | undefined> {
  return contentType.startsWith("multipart/form-data") ? fieldsOf(bytes, contentType) : objectOf(bytes);
}

function objectOf(bytes: Uint8Array): RequestBody | undefined {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof body === "object" && body !== null ? (body as RequestBody) : undefined;
  } catch {
    return undefined;
  }
}

async function fieldsOf(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<RequestBody | undefined> {
  try {
    const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData();
    const names = [...new Set(form.keys())];
    return Object.fromEntries(
      names.map((name) => {
        const values = form.getAll(name);
        return [name.replace(/\[\]$/, ""), values.length === 1 ? values[0] : values];
      }),
    );
  } catch {
    return undefined;
  }
}
