import { ENDPOINTS, type PricedApi } from "./endpoint-table.ts";

export type { PricedApi } from "./endpoint-table.ts";

/** What a request is to wflo. `path` is what stands behind the base URL, which may have a key in it. */
export type Endpoint =
  /** Counted by what its answer tells. */
  | { readonly kind: "priced"; readonly api: PricedApi; readonly path: string }
  | { readonly kind: "free" }
  /** Paid in a way that wflo cannot count, or that is told later (`isLater`). `name` stands for the endpoint, without ids. */
  | {
      readonly kind: "paid";
      readonly path: string;
      readonly name: string;
      readonly why: string;
      readonly isLater: boolean;
    };

/** Where a request goes. */
export interface Destination {
  readonly method: string | undefined;
  readonly url: string;
  /** Base URLs of the clients that it may come from. */
  readonly bases?: Iterable<string>;
  readonly provider: string;
}

const ROWS = ENDPOINTS.map((row) => ({ ...row, pattern: patternOf(row.path) }));
/** Where the endpoints begin when no base URL says it: behind the version of the API, or where Azure has its own. */
const API_ROOT = /\/(?:v\d\w*|openai)(?=\/)/g;
const DEPLOYMENT = /^\/deployments\/([^/]+)(?=\/)/;
/** Providers at whose price list the table was written. */
const BY_OPENAI = new Set(["openai", "azure"]);

/** Tells what kind of request goes to a URL. What is not in the table, word for word, is taken for paid. */
export function endpointOf({ method, url, bases = [], provider }: Destination): Endpoint {
  // Only POST makes something; the others read, change or delete what was made.
  if ((method ?? "GET").toUpperCase() !== "POST") return { kind: "free" };
  const paths = behindBase(url, bases).map((each) => each.replace(DEPLOYMENT, ""));
  const path = paths.find((each) => ROWS.some(({ pattern }) => pattern.test(each))) ?? paths[0] ?? "";
  const row = ROWS.find(({ pattern }) => pattern.test(path));
  if (row === undefined)
    return { kind: "paid", path, name: "other", why: "nothing is known of their price", isLater: false };
  const paid = { kind: "paid", path: `/${row.path}`, name: row.path } as const;
  switch (row.is) {
    case "free":
      return { kind: "free" };
    case "freeAtOpenAI":
      if (BY_OPENAI.has(provider)) return { kind: "free" };
      return {
        ...paid,
        why: "they are free at OpenAI, and nobody knows whether they are here",
        isLater: false,
      };
    case "paid":
    case "later":
      return { ...paid, why: row.why, isLater: row.is === "later" };
    default:
      return { kind: "priced", api: row.is, path: paid.path };
  }
}

/** The Azure deployment that a URL names: it is what serves, whatever model the body names. */
export function deploymentOf(url: string): string | undefined {
  const name = /\/deployments\/([^/]+)\//.exec(pathOf(url))?.[1];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The path of a URL alone: what comes behind it may have a key in it. */
export function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : (url.split(/[?#]/)[0] ?? "");
}

/** What an endpoint's path may be: where no base says it, there may be several roots in a URL. */
function behindBase(url: string, bases: Iterable<string>): string[] {
  const path = pathOf(url);
  const origin = URL.canParse(url) ? new URL(url).origin : undefined;
  const roots = [...bases]
    .filter((base) => URL.canParse(base) && new URL(base).origin === origin)
    .map((base) => new URL(base).pathname.replace(/\/$/, ""))
    .filter((root) => path.startsWith(`${root}/`))
    .toSorted((a, b) => b.length - a.length);
  if (roots[0] !== undefined) return [path.slice(roots[0].length)];
  const found = [...path.matchAll(API_ROOT)].map((root) => path.slice(root.index + root[0].length));
  return found.length === 0 ? [path] : found;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^/${path.replaceAll("*", "[^/]+")}$`);
}
