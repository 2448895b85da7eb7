import { spawn } from "node:child_process";
import { constants } from "node:os";

/** How a command ended. `output` is what it wrote, unless it wrote to the terminal itself. */
export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/** Where and how a command runs. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Lets the command write to the terminal. */
  readonly show?: boolean;
}

const isWindows = process.platform === "win32";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs a command to its end. A command that cannot be started, or is killed, ends with a code above 0.
 * A signal to this process goes on to the command, and this process exits once the command has.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  // On Windows the tools are .cmd files, which only a shell starts.
  const shell = isWindows && command !== process.execPath;
  const stdio = options.show ? "inherit" : "pipe";
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", stdio, stdio],
    shell,
  });
  const chunks: string[] = [];
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  let stoppedBy: (typeof SIGNALS)[number] | undefined;
  const forward = (signal: NodeJS.Signals): void => {
    stoppedBy = SIGNALS.find((name) => name === signal);
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve) => {
    const end = (result: CommandResult): void => {
      for (const signal of SIGNALS) process.off(signal, forward);
      if (stoppedBy) process.exit(128 + constants.signals[stoppedBy]);
      resolve(result);
    };
    child.on("error", (error) => end({ code: 1, output: `${command}: ${error.message}` }));
    child.on("close", (code) => end({ code: code ?? 1, output: chunks.join("") }));
  });
}
