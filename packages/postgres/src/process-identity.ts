import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Names one process of one machine, also across reuse of its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/<pid>/stat; undefined where there is no /proc. */
  readonly processStart: string | undefined;
  /** Where the pid means something: boot and pid namespace on Linux (in a container pid 1 is always alive), else the host's name. */
  readonly namespace: string;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, processStart: statOf(process.pid)?.start, namespace: ownNamespace() };
}

/** Whether that process lives, judged from this one. Undefined when it is in another namespace, where pids cannot be asked about. */
export function isAlive(other: ProcessIdentity): boolean | undefined {
  if (other.namespace !== ownNamespace()) return undefined;
  const stat = statOf(other.pid);
  if (stat !== undefined)
    return stat.state !== "Z" && stat.state !== "X" && stat.start === other.processStart;
  if (other.processStart !== undefined) return false;
  try {
    process.kill(other.pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function statOf(pid: number): { readonly state: string; readonly start: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, start] = [fields[0], fields[19]];
    return state === undefined || start === undefined ? undefined : { state, start };
  } catch {
    return undefined;
  }
}

function ownNamespace(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}
