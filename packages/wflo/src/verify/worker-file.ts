import { fileURLToPath } from "node:url";

/** The file of a worker: beside this one, as TypeScript in the workspace and as JavaScript in the package. */
export function workerFile(): string {
  const name = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  return fileURLToPath(new URL(name, import.meta.url));
}
