import type { Files } from "../ports/files.ts";

interface NodeFiles {
  readFile(path: string | URL, encoding: "utf8"): Promise<string>;
  stat(path: string | URL): Promise<{ readonly mtime: Date }>;
  writeFile(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  mkdir(path: string, options: { readonly recursive: true }): Promise<unknown>;
}

/** The files of Node, Bun and Deno; undefined on hosts without, such as Workers. */
export function hostFiles(): Files | undefined {
  const { process } = globalThis as {
    readonly process?: { readonly pid?: number; getBuiltinModule?(name: string): unknown };
  };
  const fs = process?.getBuiltinModule?.("node:fs/promises") as NodeFiles | undefined;
  if (fs === undefined) return undefined;
  return {
    async read(path) {
      const from = path.startsWith("file:") ? new URL(path) : path;
      try {
        const [text, { mtime }] = await Promise.all([fs.readFile(from, "utf8"), fs.stat(from)]);
        return { text, changedAt: mtime };
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async write(path, text) {
      const folder = path.replace(/[^/\\]*$/, "");
      if (folder !== "") await fs.mkdir(folder, { recursive: true });
      // Other processes may write the same file at the same time.
      const draft = `${path}.${process?.pid ?? 0}.${Math.random().toString(36).slice(2)}`;
      await fs.writeFile(draft, text);
      await fs.rename(draft, path);
    },
  };
}
