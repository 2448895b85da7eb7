import { ENDPOINTS, type PricedApi } from "./endpoint-table.ts";

export type { PricedApi } from "./endpoint-table.ts";

/** What a request is to wflo. */
export type Endpoint =
  /** Counted by what its answer tells. */
  | { readonly kind: "priced"; readonly api: PricedApi }
  | { readonly kind: "free" }
  /** Paid in a way that wflo cannot count, or that is told later (`isLater`). `name` stands for the endpoint, without ids. */
  | {
      readonly kind: "paid";
      readonly path: string;
      readonly name: string;
      readonly why: string;
      readonly isLater: boolean;
    };

const ROWS = ENDPOINTS.map((row) => ({ ...row, pattern: patternOf(row.path) }));

/** Tells what kind of request goes to a URL. What is not in the table is taken for paid. */
export function endpointOf(method: string | undefined, url: string): Endpoint {
  // Only POST makes something; the others read, change or delete what was made.
  if ((method ?? "GET").toUpperCase() !== "POST") return { kind: "free" };
  const path = pathOf(url);
  const row = ROWS.find(({ pattern }) => pattern.test(path));
  if (row === undefined)
    return { kind: "paid", path, name: "other", why: "nothing is known of their price", isLater: false };
  switch (row.is) {
    case "free":
      return { kind: "free" };
    case "paid":
    case "later":
      return { kind: "paid", path, name: row.path, why: row.why, isLater: row.is === "later" };
    default:
      return { kind: "priced", api: row.is };
  }
}

/** The path of a URL alone: what comes behind it may have a key in it. */
export function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : (url.split(/[?#]/)[0] ?? "");
}

/** The end of a path: `*` stands for one piece of it, `**` for any number. Azure and proxies have other beginnings. */
function patternOf(path: string): RegExp {
  const pieces = path.split("/").map((piece) => {
    if (piece === "**") return ".+";
    return piece === "*" ? "[^/]+" : piece;
  });
  return new RegExp(`(?:^|/)${pieces.join("/")}$`);
}
