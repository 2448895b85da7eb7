/** Variables by which hosts that may freeze a process between requests can be told. */
const FREEZING_HOSTS = [
  "AWS_LAMBDA_FUNCTION_NAME",
  "VERCEL",
  "K_SERVICE",
  "FUNCTIONS_WORKER_RUNTIME",
  "NETLIFY",
];

/**
 * Whether settles may leave in the background: not where the host may freeze the process after its answer and gave no
 * `waitUntil` to prevent it.
 */
export function settleMode(hasWaitUntil: boolean): "await" | "background" {
  if (hasWaitUntil) return "background";
  const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  if (env === undefined) return "await";
  return FREEZING_HOSTS.some((name) => env[name] !== undefined) ? "await" : "background";
}
