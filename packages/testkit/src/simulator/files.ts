import type { RequestBody } from "./read-body.ts";

interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly text: string;
}

/** The files of `/v1/files`, which batches read and write. */
export class Files {
  readonly #files = new Map<string, StoredFile>();

  /** Stores an uploaded file; undefined when the form has none. */
  async create(body: RequestBody): Promise<object | undefined> {
    const { file, purpose } = body;
    if (!(file instanceof File)) return undefined;
    return lookOf(this.write(file.name, String(purpose), await file.text()));
  }

  write(name: string, purpose: string, text: string): StoredFile {
    const file = { id: `file-sim-${this.#files.size}`, name, purpose, text };
    this.#files.set(file.id, file);
    return file;
  }

  look(id: string): object | undefined {
    const file = this.#files.get(id);
    return file && lookOf(file);
  }

  read(id: string): string | undefined {
    return this.#files.get(id)?.text;
  }
}

function lookOf({ id, name, purpose, text }: StoredFile): object {
  return {
    id,
    object: "file",
    bytes: new TextEncoder().encode(text).length,
    created_at: Math.floor(Date.now() / 1000),
    filename: name,
    purpose,
    status: "processed",
  };
}
