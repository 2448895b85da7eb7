import type { CreateAdapter } from "../suites/adapter-case.ts";

/** An adapter with one flaw, and the promises that it breaks for certain. */
export interface BrokenAdapter {
  readonly flaw: string;
  readonly create: CreateAdapter;
  /** Titles of cases; others may fail as well. */
  readonly breaks: readonly string[];
}
