import type { Database } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    wfloAdminUrl: string;
  }
}

/** The database of the test server that all files share; what a test keeps there is its own by its tenant. */
export function serverUrl(): string {
  return inject("wfloAdminUrl");
}

/** Opens it. */
export function openServer(): Database {
  return postgres({ url: serverUrl() });
}
