/** Variables by which hosts that may freeze a process between requests can be told. */
const FREEZING_HOSTS = [
  "AWS_LAMBDA_FUNCTION_NAME",
  "VERCEL",
  "K_SERVICE",
  "FUNCTIONS_WORKER_RUNTIME",
  "NETLIFY",
];

/** What a Cloudflare Worker calls itself. It ends a request with its answer, and has `process.env` with `nodejs_compat`. */
const WORKER = "Cloudflare-Workers";

interface Host {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly navigator?: { readonly userAgent?: string };
}

/**
 * Whether settles may leave in the background: not where the host may freeze the process after its answer and gave no
 * `waitUntil` to prevent it.
 */
export function settleMode(hasWaitUntil: boolean): "await" | "background" {
  if (hasWaitUntil) return "background";
  const { process, navigator } = globalThis as Host;
  const env = process?.env;
  if (env === undefined || navigator?.userAgent === WORKER) return "await";
  return FREEZING_HOSTS.some((name) => env[name] !== undefined) ? "await" : "background";
}
