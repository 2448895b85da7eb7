import { accessSync, constants, existsSync, mkdirSync, readdirSync, realpathSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { StoreUnavailableError } from "@wflo/core";
import { type FolderLock, takeFolder } from "./folder-lock.ts";
import { type ClosablePGlite, createPGlite } from "./create-pglite.ts";
import type { OpenPGlite } from "./pglite-driver.ts";

/** A new database takes about 40 MB, an old one some for its log. */
const NEEDED_BYTES = 48 * 1024 * 1024;

interface Shared {
  readonly opened: Promise<{ readonly engine: ClosablePGlite; readonly lock: FolderLock }>;
  users: number;
  closing: Promise<void> | undefined;
}

/**
 * Two instances on one folder would corrupt it. Kept on the global object, so that the copies of this package that bundles and hot
 * reloads make in one process share what they have open.
 */
const REGISTRY = Symbol.for("wflo.pglite.folders");

function openInstances(): Map<string, Shared> {
  const store = globalThis as { [REGISTRY]?: Map<string, Shared> };
  return (store[REGISTRY] ??= new Map());
}

/** Opens a folder, or joins the instance of this process that has it open. The last `close` gives the folder back. */
export async function openFolder(folder: string): Promise<OpenPGlite> {
  mkdirSync(folder, { recursive: true });
  const key = realpathSync(folder);
  const instances = openInstances();
  for (
    let closing = instances.get(key)?.closing;
    closing !== undefined;
    closing = instances.get(key)?.closing
  ) {
    await closing;
  }
  const shared = instances.get(key) ?? { opened: start(key), users: 0, closing: undefined };
  instances.set(key, shared);
  shared.users += 1;
  try {
    const { engine, lock } = await shared.opened;
    return { engine, check: () => refuseIfLost(lock, key), close: once(() => leave(key, shared)) };
  } catch (error) {
    if (instances.get(key) === shared) instances.delete(key);
    throw error;
  }
}

async function start(
  folder: string,
): Promise<{ readonly engine: ClosablePGlite; readonly lock: FolderLock }> {
  const lock = takeFolder(folder);
  const data = join(folder, "data");
  try {
    return { engine: await createPGlite(data), lock };
  } catch (cause) {
    lock.release();
    if (cause instanceof StoreUnavailableError) throw cause;
    refuseUnusable(folder, data);
    throw new StoreUnavailableError(
      `The data in ${data} cannot be opened: they seem to be damaged. Copy the folder ${folder} before anything else; when it is ` +
        "removed, wflo starts with an empty one.",
      { cause },
    );
  }
}

/** Throws for a folder that is sound but cannot be used by this user, or has no room left: it must not be called damaged. */
function refuseUnusable(folder: string, data: string): void {
  const isUsable = (path: string) => {
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return !existsSync(path);
    }
  };
  const paths = existsSync(data) ? [data, ...readdirSync(data).map((name) => join(data, name))] : [folder];
  const denied = paths.find((path) => !isUsable(path));
  if (denied !== undefined) {
    throw new StoreUnavailableError(
      `This user may not read and write ${denied}. Give it the right, or choose another folder.`,
    );
  }
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < NEEDED_BYTES) {
    throw new StoreUnavailableError(
      `There is no room left for the folder ${folder}. Make room; the data in it are untouched.`,
    );
  }
}

async function leave(key: string, shared: Shared): Promise<void> {
  shared.users -= 1;
  if (shared.users > 0) return;
  shared.closing = (async () => {
    const { engine, lock } = await shared.opened;
    try {
      await engine.close();
    } finally {
      lock.release();
      openInstances().delete(key);
    }
  })();
  await shared.closing;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

function refuseIfLost(lock: FolderLock, folder: string): void {
  if (!lock.isLost()) return;
  throw new StoreUnavailableError(
    `Another process took the folder ${folder}, because this one showed no sign of life for long (was it frozen?). ` +
      "Restart this process.",
  );
}
