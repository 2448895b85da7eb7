import { readFileSync } from "node:fs";

/** The time that this process, and the one with this id, have been on a processor, in milliseconds. Zero for the other where there is no /proc. */
export function cpuMs(other: number): { readonly here: number; readonly there: number } {
  const { user, system } = process.cpuUsage();
  return { here: (user + system) / 1000, there: schedMs(other) };
}

/** https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat: nanoseconds on a processor come first. */
function schedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return 0;
  }
}
