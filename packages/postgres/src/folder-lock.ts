import { randomUUID } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { StoreUnavailableError } from "@wflo/core";
import { codeOf } from "./store-error.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

const HEARTBEAT_MS = 2_000;
/** Only for holders in another namespace, such as a container: nearer ones are asked by pid, because a busy process is alive. */
const STALE_AFTER_MS = 15_000;
const MAX_ROUNDS = 1_000;

interface Holder extends ProcessIdentity {
  readonly nonce: string;
  readonly released?: boolean;
}

/** A folder that this process alone works in. */
export interface FolderLock {
  /** True when another process took the folder because this one seemed dead, which can happen to a container that was frozen. */
  isLost(): boolean;
  release(): void;
}

/**
 * Takes a folder for this process: files `lock.<n>`, of which the highest counts. A dead holder's is taken over by making the next.
 * Throws `StoreUnavailableError` that names the process when another one has the folder.
 */
export function takeFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const me: Holder = { ...ownIdentity(), nonce: randomUUID() };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const taken = tryToTake(folder, me);
    if (taken !== undefined) return heldLock(folder, me, taken);
  }
  throw new StoreUnavailableError(
    `The lock files in ${folder} keep changing; is another program writing there?`,
  );
}

/** The generation that was won, or undefined when others moved meanwhile. Throws when the folder is held. */
function tryToTake(folder: string, me: Holder): number | undefined {
  const highest = Math.max(0, ...generations(folder));
  if (highest > 0) {
    const holder = read(folder, highest);
    if (holder === "gone") return undefined;
    if (isHeld(folder, highest, holder)) throw refusal(folder, highest, holder);
  }
  const mine = highest + 1;
  if (!create(folder, mine, me)) return undefined;
  // A process that read the folder long ago may have made a number that was used and passed already.
  if (generations(folder).some((generation) => generation > mine)) {
    rmSync(fileOf(folder, mine), { force: true });
    return undefined;
  }
  for (const generation of generations(folder)) {
    if (generation < mine) rmSync(fileOf(folder, generation), { force: true });
  }
  return mine;
}

/** Makes a lock file with all of its content at once. False when it exists. */
function create(folder: string, generation: number, me: Holder): boolean {
  const file = fileOf(folder, generation);
  const draft = join(folder, `lock-draft.${me.nonce}`);
  writeFileSync(draft, JSON.stringify(me));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // A file system without hard links.
    return createPlainly(file, me);
  } finally {
    rmSync(draft, { force: true });
  }
}

function createPlainly(file: string, me: Holder): boolean {
  try {
    writeFileSync(file, JSON.stringify(me), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

function isHeld(folder: string, generation: number, holder: Holder | undefined): boolean {
  if (holder?.released) return false;
  const alive = holder && isAlive(holder);
  if (alive !== undefined) return alive;
  try {
    return Date.now() - statSync(fileOf(folder, generation)).mtimeMs < STALE_AFTER_MS;
  } catch {
    return false;
  }
}

function heldLock(folder: string, me: Holder, generation: number): FolderLock {
  const file = fileOf(folder, generation);
  let lost = false;
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      lost = true;
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    isLost: () => lost,
    release() {
      clearInterval(timer);
      const holder = read(folder, generation);
      if (holder === "gone" || holder?.nonce !== me.nonce) return;
      // Rewritten, never deleted: numbers only grow, or a slow process could take one again.
      writeFileSync(file, JSON.stringify({ ...me, released: true }));
    },
  };
}

function generations(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => {
    const digits = /^lock\.(\d{1,15})$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** Undefined for a file that cannot be read as a holder: half written, on a file system without links. */
function read(folder: string, generation: number): Holder | "gone" | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(fileOf(folder, generation), "utf8"));
    return typeof holder === "object" && holder !== null && "pid" in holder ? (holder as Holder) : undefined;
  } catch (error) {
    return codeOf(error) === "ENOENT" ? "gone" : undefined;
  }
}

function fileOf(folder: string, generation: number): string {
  return join(folder, `lock.${generation}`);
}

function refusal(folder: string, generation: number, holder: Holder | undefined): StoreUnavailableError {
  const who = holder === undefined ? "another process" : `process ${holder.pid}`;
  const instead = "use another folder, or let both share a PostgreSQL server.";
  const advice = isThisProcess(holder)
    ? `This is that process: another of its threads has the folder open. Open it in one of them, ${instead}`
    : `Stop that process, ${instead} If no such process of yours runs, delete ${fileOf(folder, generation)}.`;
  return new StoreUnavailableError(
    `The folder ${folder} is in use by ${who}, and PGlite allows one process at a time. ${advice}`,
  );
}

function isThisProcess(holder: Holder | undefined): boolean {
  const { pid, processStart, namespace } = ownIdentity();
  return holder?.pid === pid && holder.processStart === processStart && holder.namespace === namespace;
}
