import { migrationTexts } from "./migration-texts.ts";

/** One numbered SQL file. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** All of them, in order. */
export const MIGRATIONS: readonly Migration[] = Object.entries(migrationTexts)
  .map(([name, sql]) => ({ number: Number(name.slice(0, 4)), name, sql }))
  .toSorted((a, b) => a.number - b.number);

/** The number of the last one: what an up-to-date database says. */
export const LATEST_MIGRATION: number = MIGRATIONS.at(-1)?.number ?? 0;
